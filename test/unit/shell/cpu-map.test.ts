import { expect, test } from '@jest/globals';
import { cpuInMap, cpuRanges, cpusOfMap } from '../../../src/shell/index.js';

test('CPUs of a map, and in words', () => {
  const map = Uint8Array.of(0b0000_1111, 0b0000_1101, 0b1000_0000);
  expect(cpusOfMap(map)).toEqual([0, 1, 2, 3, 8, 10, 11, 23]);
  expect(cpuRanges(map)).toBe('0-3,8,10-11,23');
  expect(cpuInMap(map, 9)).toBe(false);
  expect(cpuInMap(map, 400)).toBe(false);
  expect(cpuRanges(Uint8Array.of(0b1000_0000, 1))).toBe('7-8');
  expect(cpuRanges(Uint8Array.of(0))).toBe('');
});
