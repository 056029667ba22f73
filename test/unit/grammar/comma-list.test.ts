import { expect, test } from '@jest/globals';
import { splitCommaList } from '../../../src/grammar/index.js';

test.each([
  ['a,b,c', ['a', 'b', 'c']],
  ['a,,b,c', ['a,b', 'c']],
  ['a,,,b', ['a,', 'b']],
  [',', ['', '']],
  [',,', [',']],
  ['', ['']],
  ['a,', ['a', '']],
])('%j', (text, elements) => {
  expect(splitCommaList(text)).toEqual(elements);
});
