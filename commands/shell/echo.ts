import { splitCommaList } from '../../src/grammar/index.js';
import { defineCommand, exclusive, shellQuote } from '../../src/shell/index.js';

export default defineCommand({
  name: 'echo',
  group: 'snapctl',
  summary: 'echo arguments. Used for internal testing.',
  description: 'Echo back arguments, possibly with quoting. Used for internal testing.',
  options: [
    { name: 'shell', type: 'flag', help: 'escape for shell use' },
    { name: 'xml', type: 'flag', help: 'escape for XML use' },
    { name: 'split', type: 'flag', help: "split each argument on ','; ',,' is an escape sequence" },
    { name: 'err', type: 'flag', help: 'output to stderr' },
    { name: 'str', type: 'alias', target: 'string', help: '' },
    { name: 'hi', type: 'alias', target: 'string=hello', help: '' },
    { name: 'string', type: 'argv', emptyOk: true, help: 'arguments to echo' },
  ],
  rules: [exclusive('shell', 'xml'), exclusive('shell', 'split'), exclusive('xml', 'split')],
  noConnection: true,
  async run(context, args) {
    const words = args.list('string');
    let text: string;
    if (args.flag('split')) text = words.map(splitLines).join(' ');
    else if (args.flag('shell')) text = words.map(shellQuote).join(' ');
    else if (args.flag('xml')) text = words.map(escapeForXml).join(' ');
    else text = words.join(' ');
    if (args.flag('err')) context.output.error(text);
    else context.output.print(text);
  },
});

/** Each element on a line of its own. */
const splitLines = (word: string): string =>
  word === ''
    ? ''
    : splitCommaList(word)
        .map((element) => `${element}\n`)
        .join('');

const entities = new Map([
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
]);

const escapeForXml = (word: string): string => word.replace(/[<>&"']/g, (char) => entities.get(char) ?? char);
