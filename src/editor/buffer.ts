import { nextBoundary, previousBoundary } from './graphemes.js';

/** The line that is edited. `cursor` is an offset at a character's boundary. */
export interface Buffer {
  readonly text: string;
  readonly cursor: number;
}

export const EMPTY: Buffer = { text: '', cursor: 0 };

/** A change that may have cut something out. */
export interface Cut {
  readonly buffer: Buffer;
  readonly removed: string;
}

export function insert({ text, cursor }: Buffer, added: string): Buffer {
  return { text: text.slice(0, cursor) + added + text.slice(cursor), cursor: cursor + added.length };
}

/** Puts `added` in place of what is between two offsets; the cursor comes to stand after it. */
export function replace({ text }: Buffer, start: number, end: number, added: string): Buffer {
  return { text: text.slice(0, start) + added + text.slice(end), cursor: start + added.length };
}

/** Takes out what is between the cursor and another offset. */
export function cutTo({ text, cursor }: Buffer, other: number): Cut {
  const [start, end] = cursor < other ? [cursor, other] : [other, cursor];
  return {
    buffer: { text: text.slice(0, start) + text.slice(end), cursor: start },
    removed: text.slice(start, end),
  };
}

export const moveTo = ({ text }: Buffer, cursor: number): Buffer => ({ text, cursor });

export const charBefore = ({ text, cursor }: Buffer): number => previousBoundary(text, cursor);
export const charAfter = ({ text, cursor }: Buffer): number => nextBoundary(text, cursor);

/** Letters, marks and digits of any script; the rest stands between words. */
const isWordChar = (char: string): boolean => /[\p{L}\p{M}\p{N}]/u.test(char);
const isBlank = (char: string): boolean => /\s/.test(char);

function scanForward(
  { text, cursor }: Buffer,
  skip: (char: string) => boolean,
  take: (char: string) => boolean,
) {
  let at = cursor;
  const while_ = (test: (char: string) => boolean): void => {
    while (at < text.length && test(String.fromCodePoint(text.codePointAt(at) as number))) {
      at = nextBoundary(text, at);
    }
  };
  while_(skip);
  while_(take);
  return at;
}

function scanBackward(
  { text, cursor }: Buffer,
  skip: (char: string) => boolean,
  take: (char: string) => boolean,
) {
  let at = cursor;
  const while_ = (test: (char: string) => boolean): void => {
    while (at > 0) {
      const before = previousBoundary(text, at);
      if (!test(String.fromCodePoint(text.codePointAt(before) as number))) break;
      at = before;
    }
  };
  while_(skip);
  while_(take);
  return at;
}

/** The end of the word at or after the cursor. */
export const wordEnd = (buffer: Buffer): number =>
  scanForward(buffer, (char) => !isWordChar(char), isWordChar);
/** The beginning of the word at or before the cursor. */
export const wordStart = (buffer: Buffer): number =>
  scanBackward(buffer, (char) => !isWordChar(char), isWordChar);
/** The beginning of what stands between blanks before the cursor. */
export const blankWordStart = (buffer: Buffer): number =>
  scanBackward(buffer, isBlank, (char) => !isBlank(char));

/** The line, among several, that the cursor is in. */
export const lineStart = ({ text, cursor }: Buffer): number => text.lastIndexOf('\n', cursor - 1) + 1;
export function lineEnd({ text, cursor }: Buffer): number {
  const end = text.indexOf('\n', cursor);
  return end < 0 ? text.length : end;
}

/** Swaps the characters around the cursor, and goes past them; at the end, the last two. */
export function transposeChars(buffer: Buffer): Buffer {
  const { text } = buffer;
  const at = buffer.cursor === text.length ? charBefore(buffer) : buffer.cursor;
  const before = previousBoundary(text, at);
  const after = nextBoundary(text, at);
  if (before === at || at === after) return buffer;
  return replace(buffer, before, after, text.slice(at, after) + text.slice(before, at));
}

/** Swaps the word before the cursor with the one at or after it; at the end, the last two. */
export function transposeWords(buffer: Buffer): Buffer {
  const end = wordEnd(buffer);
  const start = wordStart(moveTo(buffer, end));
  const firstStart = wordStart(moveTo(buffer, start));
  const firstEnd = wordEnd(moveTo(buffer, firstStart));
  if (firstEnd > start) return buffer;
  const { text } = buffer;
  const swapped = text.slice(start, end) + text.slice(firstEnd, start) + text.slice(firstStart, firstEnd);
  return replace(buffer, firstStart, end, swapped);
}

/** Changes the letters from the cursor to the end of the word, and goes there. */
export function changeWord(buffer: Buffer, change: (word: string) => string): Buffer {
  const end = wordEnd(buffer);
  return replace(buffer, buffer.cursor, end, change(buffer.text.slice(buffer.cursor, end)));
}

export const capitalize = (word: string): string => {
  const at = word.search(/[\p{L}\p{N}]/u);
  if (at < 0) return word;
  const first = String.fromCodePoint(word.codePointAt(at) as number);
  return word.slice(0, at) + first.toUpperCase() + word.slice(at + first.length).toLowerCase();
};

/** The same column one line up (-1) or down (1); undefined where there is no such line. */
export function otherLine(buffer: Buffer, by: 1 | -1): Buffer | undefined {
  const start = lineStart(buffer);
  const column = buffer.cursor - start;
  const target = by < 0 ? start - 1 : lineEnd(buffer) + 1;
  if (target < 0 || target > buffer.text.length) return undefined;
  const there = moveTo(buffer, target);
  const at = Math.min(lineStart(there) + column, lineEnd(there));
  // Not into the middle of a character.
  return moveTo(buffer, at === 0 ? 0 : nextBoundary(buffer.text, previousBoundary(buffer.text, at)));
}
