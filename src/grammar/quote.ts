/** Characters that end a word or mean something else outside quotes. */
const special = /[ \t\n;'"\\]/g;

/**
 * A word as it must be typed for the grammar to read `text`.
 * @param quote the quote to write it in; empty for none unless the text needs one. Single quotes can't hold a
 *   single quote, so such text is written in double quotes.
 * @param closed false leaves the quote open, for a word that goes on.
 */
export function quoteWord(text: string, quote: '' | "'" | '"' = '', closed = true): string {
  if (quote === "'" && !text.includes("'")) return `'${text}${closed ? "'" : ''}`;
  if (quote !== '') return `"${text.replace(/["\\]/g, '\\$&')}${closed ? '"' : ''}`;
  // A backslash before a line break joins lines, so only quotes can hold one.
  if (text.includes('\n')) return quoteWord(text, "'", closed);
  if (text === '') return closed ? "''" : '';
  return text.replace(special, '\\$&').replace(/^#/, '\\#');
}
