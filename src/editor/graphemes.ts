import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Text of printable ASCII alone has a column and a boundary for every character. */
const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** What a reader takes for characters: with their combining marks, joined emoji as one. */
export function graphemes(text: string): string[] {
  if (isPlain(text)) return text.split('');
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Where the character that begins at or holds `at` ends. */
export function nextBoundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const segment = segmenter.segment(text).containing(at);
  return segment ? segment.index + segment.segment.length : text.length;
}

/** Where the character before `at` begins. */
export function previousBoundary(text: string, at: number): number {
  if (at <= 0) return 0;
  return segmenter.segment(text).containing(at - 1)?.index ?? 0;
}

/** Columns that a text takes on a terminal, in one line. */
export function displayWidth(text: string): number {
  return isPlain(text) ? text.length : stringWidth(text);
}
