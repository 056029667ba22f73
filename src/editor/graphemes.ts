import stringWidth from 'string-width';

// The first one takes 20 ms to make, and plain text needs none.
let made: Intl.Segmenter | undefined;
function segments(text: string): Intl.Segments {
  made ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return made.segment(text);
}

/** Text of printable ASCII alone has a column and a boundary for every character. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** What a reader takes for characters: with their combining marks, joined emoji as one. */
export function graphemes(text: string): string[] {
  if (isPlain(text)) return text.split('');
  return Array.from(segments(text), ({ segment }) => segment);
}

/** Where the character that begins at or holds `at` ends. */
export function nextBoundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  if (isPlain(text)) return at + 1;
  const segment = segments(text).containing(at);
  return segment ? segment.index + segment.segment.length : text.length;
}

/** Where the character before `at` begins. */
export function previousBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  if (isPlain(text)) return Math.min(at, text.length) - 1;
  return segments(text).containing(at - 1)?.index ?? 0;
}

/** Columns that a text takes on a terminal, in one line. */
export function displayWidth(text: string): number {
  return isPlain(text) ? text.length : stringWidth(text);
}
