import { describe, expect, test } from '@jest/globals';
import { parseScaled, parseWhole } from '../../../src/shell/index.js';

test.each([
  ['0', 0n],
  ['+5', 5n],
  ['-5', -5n],
  ['  7', 7n],
  ['18446744073709551615', 18446744073709551615n],
  ['', undefined],
  ['5 ', undefined],
  ['0x10', undefined],
  ['5k', undefined],
  ['-', undefined],
  ['1.5', undefined],
])('whole number %j', (text, value) => {
  expect(parseWhole(text)).toBe(value);
});

describe('scaled number', () => {
  test.each([
    ['1', 1024n],
    ['1b', 1n],
    ['1bytes', 1n],
    ['1k', 1024n],
    ['1KiB', 1024n],
    ['1KB', 1000n],
    ['2m', 2n * 1024n ** 2n],
    ['1GB', 10n ** 9n],
    ['1E', 1024n ** 6n],
  ])('%j', (text, value) => {
    expect(parseScaled(text, 1024n, 2n ** 64n - 1n)).toEqual({ value });
  });

  test.each([
    ['x', ''],
    ['', ''],
    ['-1', ''],
    ['1x', "invalid argument: unknown suffix 'x'"],
    ['1 k', "invalid argument: unknown suffix ' k'"],
    ['16E', 'numerical overflow: value too large: 16E'],
  ])('%j is refused', (text, error) => {
    expect(parseScaled(text, 1024n, 2n ** 64n - 1n)).toEqual({ error });
  });
});
