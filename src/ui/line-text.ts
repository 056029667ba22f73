import { scan } from '../grammar/index.js';

/** `!program`: a line for the system's shell. */
export const isForeign = (line: string): boolean => /^\s*!/.test(line);

/** Whether Enter ends this text: no quote is open, and it doesn't end in a backslash. */
export function isFinished(text: string): boolean {
  if (isForeign(text)) return true;
  for (const item of scan(text)) {
    if (item.kind === 'word' && (item.open !== '' || item.dangling)) return false;
  }
  return true;
}

/** The words of a line as they are typed, quotes included. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const item of scan(line)) if (item.kind === 'word') words.push(line.slice(item.start, item.end));
  return words;
}
