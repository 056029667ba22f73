import { describe, expect, test } from '@jest/globals';
import { quoteWord, tokensOfLine } from '../../../src/grammar/index.js';

const texts = [
  'a',
  'a b',
  "it's",
  'say "x"',
  'back\\slash',
  'a;b',
  '#a',
  'a#b',
  '',
  'a\nb',
  'tab\tx',
  `'"\\ ;`,
];

describe.each(["'", '"', ''] as const)('in %s quotes', (quote) => {
  test.each(texts)('%j is read back', (text) => {
    expect([...tokensOfLine(`x ${quoteWord(text, quote)} y`)]).toEqual(
      ['x', text, 'y'].map((word) => ({ kind: 'word', text: word })),
    );
  });
});

test('an open quote stays open', () => {
  expect(quoteWord('a b', "'", false)).toBe("'a b");
  expect(quoteWord('a b', '"', false)).toBe('"a b');
  expect(quoteWord('a b', '', false)).toBe('a\\ b');
});
