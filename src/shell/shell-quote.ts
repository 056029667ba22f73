/** A word as it must be written for a shell to read it back; in quotes only where it needs them. */
export function shellQuote(word: string): string {
  if (word === '') return "''";
  return /[\r\t\n !"#$&'()*;<>?[\\\]^`{|}~]/.test(word) ? `'${word.replaceAll("'", "'\\''")}'` : word;
}
