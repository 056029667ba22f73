import { describe, expect, test } from '@jest/globals';
import { GrammarError, scan, tokensOfLine, tokensOfWords } from '../../../src/grammar/index.js';

/** Words of a line; `;` for each separator. */
const words = (line: string): string[] =>
  [...tokensOfLine(line)].map((token) => (token.kind === 'word' ? token.text : ';'));

describe('words of a line', () => {
  test.each([
    ['a b\tc', ['a', 'b', 'c']],
    ['  a  ', ['a']],
    ['', []],
    ['a;b', ['a', ';', 'b']],
    ['a\nb', ['a', ';', 'b']],
    ['a # b; c', ['a', ';']],
    ['a#b', ['a#b']],
    ['# a\nb', [';', 'b']],
    ["'a b' c", ['a b', 'c']],
    ['"a b"', ['a b']],
    ['"a \\" b"', ['a " b']],
    ["'a\\'", ['a\\']],
    ['a\\ b', ['a b']],
    ['a\\;b', ['a;b']],
    ['a"b c"d', ['ab cd']],
    ['""', ['']],
    ['a \\\n b', ['a', 'b']],
    ['a\\\nb', ['ab']],
    ["'a;b'", ['a;b']],
    ['"a\nb"', ['a\nb']],
    ['\\#a', ['#a']],
    // virsh lets a single quote end with the line.
    ["'a b", ['a b']],
  ])('%j', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  test.each([
    ['a\\', 'dangling \\'],
    ['"a', 'missing "'],
    ['a "b c', 'missing "'],
  ])('%j is refused', (line, message) => {
    expect(() => words(line)).toThrow(GrammarError);
    expect(() => words(line)).toThrow(message);
  });

  test('a word keeps its place and what is open in it', () => {
    expect([...scan('ab "c d')]).toEqual([
      { kind: 'word', text: 'ab', start: 0, end: 2, open: '', dangling: false },
      { kind: 'word', text: 'c d', start: 3, end: 7, open: '"', dangling: false },
    ]);
    expect([...scan("x'y' z\\")].map((item) => (item.kind === 'word' ? item : null))).toEqual([
      { kind: 'word', text: 'xy', start: 0, end: 4, open: '', dangling: false },
      { kind: 'word', text: 'z', start: 5, end: 7, open: '', dangling: true },
    ]);
  });

  test('a comment is open until its line ends', () => {
    expect([...scan('#a')]).toEqual([{ kind: 'separator', open: true }]);
    expect([...scan('#a\n')]).toEqual([{ kind: 'separator', open: false }]);
  });
});

test('separate words are taken as they are', () => {
  expect([...tokensOfWords(['a b', ';', '#c', '"'])]).toEqual(
    ['a b', ';', '#c', '"'].map((text) => ({ kind: 'word', text })),
  );
});
