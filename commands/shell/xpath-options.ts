import { SilentFailure } from '../../src/shell/index.js';

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

/**
 * The expression, where virsh reads it before it asks for the document.
 * @throws SilentFailure it is empty
 */
export function xpathOf(args: { raw(name: 'xpath'): string | undefined }): string | undefined {
  const xpath = args.raw('xpath');
  if (xpath === '') throw new SilentFailure('empty expression');
  return xpath;
}
