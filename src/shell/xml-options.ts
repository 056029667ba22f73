/** The option that names a file to read a document from. @param what such as `an XML pool description`. */
export const xmlFileOption = <const W extends string>(what: W) =>
  ({
    name: 'file',
    type: 'string',
    required: true,
    completer: 'path',
    help: `file containing ${what}`,
  }) as const;

/** `--validate`. @param bit its flag. */
export const validateOption = (bit: number) =>
  ({ name: 'validate', type: 'flag', bit, help: 'validate the XML against the schema' }) as const;
