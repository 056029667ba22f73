import { GrammarError } from './specification.js';
import { scan } from './tokens.js';

/** Where the output of the last command of a line goes. */
export type Redirection =
  /** Everything after the `|`, as it was typed: a command line for the system's shell, empty for the pager. */
  | { readonly kind: 'pipe'; readonly command: string }
  | { readonly kind: 'file'; readonly path: string; readonly append: boolean };

export interface RedirectedLine {
  /** Commands whose output goes where it always goes. */
  readonly before: string;
  /** The command whose output is redirected; empty where there is none. */
  readonly command: string;
  readonly redirection: Redirection | undefined;
  /** Commands after a file's name and a `;`. */
  readonly after: string;
}

const SIGNS = new Set(['|', '>', '>>']);

/**
 * Finds `| command`, `> file` and `>> file` in a line of the interactive shell. The sign must be a word of its own
 * and unquoted, and a command must stand before it, so that no line that virsh understands is likely to be meant.
 * @throws GrammarError no file is named, or something else follows its name.
 */
export function splitRedirection(line: string): RedirectedLine {
  let begin = 0;
  let words = 0;
  for (const item of scan(line)) {
    if (item.kind === 'separator') {
      words = 0;
      continue;
    }
    if (words === 0) begin = item.start;
    const sign = line.slice(item.start, item.end);
    if (words > 0 && SIGNS.has(sign)) {
      const before = line.slice(0, begin);
      const command = line.slice(begin, item.start);
      const rest = line.slice(item.end);
      if (sign === '|')
        return { before, command, redirection: { kind: 'pipe', command: rest.trim() }, after: '' };
      const { path, after } = fileAfter(sign, rest);
      return { before, command, redirection: { kind: 'file', path, append: sign === '>>' }, after };
    }
    words += 1;
  }
  return { before: line, command: '', redirection: undefined, after: '' };
}

function fileAfter(sign: string, rest: string): { path: string; after: string } {
  const [file, next] = scan(rest);
  if (file?.kind !== 'word' || file.text === '')
    throw new GrammarError(`expected a file name after '${sign}'`);
  if (file.open !== '') throw new GrammarError(`missing ${file.open}`);
  if (next?.kind === 'word') throw new GrammarError(`unexpected data '${next.text}'`);
  const after = rest.slice(file.end).replace(/^[ \t]*[;\n]?/, '');
  return { path: file.text, after };
}
