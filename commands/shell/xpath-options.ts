/** What the dumpxml commands can do with a document before they print it. */
export const xpathOptions = [
  {
    name: 'xpath',
    type: 'string',
    positional: false,
    help: 'xpath expression to filter the XML document',
  },
  { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
] as const;
