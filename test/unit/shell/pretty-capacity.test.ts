import { expect, test } from '@jest/globals';
import { prettyCapacity } from '../../../src/shell/index.js';

test.each([
  [0n, '0.000 B'],
  [1n, '1.000 B'],
  [1023n, '1023.000 B'],
  [1024n, '1.000 KiB'],
  // 1.0625 and 1.1875 are exact in binary: a tie goes to the even digit.
  [1088n, '1.062 KiB'],
  [1216n, '1.188 KiB'],
  [1_099_506_450_432n, '1023.995 GiB'],
  [1n << 40n, '1.000 TiB'],
  [2n ** 64n - 1n, '16.000 EiB'],
])('%d bytes', (bytes, want) => {
  const { value, unit } = prettyCapacity(bytes);
  expect(`${value} ${unit}`).toBe(want);
});
