import { GrammarError } from './specification.js';

export type Token =
  | { readonly kind: 'word'; readonly text: string }
  /** `;`, a line break or a comment: the command ends, another may follow. */
  | { readonly kind: 'separator' };

/** Words that a program received one by one: no quoting and no separators inside them. */
export function* tokensOfWords(words: readonly string[]): Generator<Token> {
  for (const text of words) yield { kind: 'word', text };
}

const isBlank = (char: string | undefined): boolean => char === ' ' || char === '\t';

/** A word as it stands in a line that may still be typed. */
export interface ScannedWord {
  readonly text: string;
  /** Offset of the word's first character, quotes included. */
  readonly start: number;
  /** Offset just after the word. */
  readonly end: number;
  /** The quote that is still open at the end of the line, if any. */
  readonly open: '' | "'" | '"';
  /** The line ends in a backslash that escapes nothing yet. */
  readonly dangling: boolean;
}

export type Scanned =
  | ({ readonly kind: 'word' } & ScannedWord)
  /** `open`: a comment that goes on to the end of the line. */
  | { readonly kind: 'separator'; readonly open?: boolean };

/**
 * virsh's quoting: `'…'` is literal, `"…"` and a bare `\` escape as in a shell, `#` at the start of a word
 * comments out the rest of the line, `\` before a line break joins lines. Does not fail: open quotes are
 * reported in the word.
 */
export function* scan(line: string): Generator<Scanned> {
  let at = 0;
  for (;;) {
    while (isBlank(line[at]) || (line[at] === '\\' && line[at + 1] === '\n')) at += line[at] === '\\' ? 2 : 1;
    if (at >= line.length) return;
    if (line[at] === ';' || line[at] === '\n') {
      at += 1;
      yield { kind: 'separator' };
      continue;
    }
    if (line[at] === '#') {
      const end = line.indexOf('\n', at);
      at = end < 0 ? line.length : end + 1;
      yield { kind: 'separator', open: end < 0 };
      continue;
    }
    const word = scanWord(line, at);
    at = word.end;
    yield { kind: 'word', ...word };
  }
}

function scanWord(line: string, start: number): ScannedWord {
  let at = start;
  let text = '';
  let open: '' | "'" | '"' = '';
  while (at < line.length) {
    const char = line[at] as string;
    if (open === '' && (isBlank(char) || char === ';' || char === '\n')) break;
    if (char === "'" && open !== '"') {
      open = open === "'" ? '' : "'";
    } else if (char === '"' && open !== "'") {
      open = open === '"' ? '' : '"';
    } else if (char === '\\' && open !== "'") {
      at += 1;
      if (at >= line.length) return { text, start, end: at, open, dangling: true };
      if (line[at] !== '\n') text += line[at];
    } else {
      text += char;
    }
    at += 1;
  }
  return { text, start, end: at, open, dangling: false };
}

/**
 * The tokens of a line that is complete.
 * @throws GrammarError `dangling \`, `missing "`. An open single quote ends with the line, as in virsh.
 */
export function* tokensOfLine(line: string): Generator<Token> {
  for (const item of scan(line)) {
    if (item.kind === 'separator') yield item;
    else {
      if (item.dangling) throw new GrammarError('dangling \\');
      if (item.open === '"') throw new GrammarError('missing "');
      yield { kind: 'word', text: item.text };
    }
  }
}
