import { describe, expect, test } from '@jest/globals';
import type { JobInfo } from '../../../src/hypervisor/index.js';
import { bar, jobText, shortBytes, shortTime } from '../../../src/ui/job-text.js';

const MIB = 1024n * 1024n;

const job = (total: bigint, remaining: bigint, elapsed: bigint): JobInfo => ({
  ...{ type: 2, timeElapsed: elapsed, timeRemaining: 0n },
  ...{ dataTotal: total, dataProcessed: total - remaining, dataRemaining: remaining },
  ...{ memTotal: total, memProcessed: total - remaining, memRemaining: remaining },
  ...{ fileTotal: 0n, fileProcessed: 0n, fileRemaining: 0n },
});

test.each([
  [0, '░░░░'],
  [0.5, '██░░'],
  [0.28, '█▏░░'],
  [1, '████'],
  [7, '████'],
])('a bar filled to %d', (part, text) => {
  expect(bar(part, 4)).toBe(text);
});

test.each([
  [0n, '0 B'],
  [1023n, '1023 B'],
  [3n * MIB + MIB / 2n, '3.5 MiB'],
  [102n * MIB, '102 MiB'],
])('%d bytes', (bytes, text) => {
  expect(shortBytes(bytes)).toBe(text);
});

test.each([
  [0.4, '0 s'],
  [59, '59 s'],
  [125, '2:05'],
])('%d seconds', (seconds, text) => {
  expect(shortTime(seconds)).toBe(text);
});

describe('a line about a job', () => {
  test('tells all that is known, and what there is room for', () => {
    const half = job(256n * MIB, 128n * MIB, 2000n);
    expect(jobText(half, 100)).toBe('██████████░░░░░░░░░░  50%  128 MiB of 256 MiB  64 MiB/s  2 s left');
    expect(jobText(half, 60)).toBe('██████████░░░░░░░░░░  50%  128 MiB of 256 MiB  64 MiB/s');
    expect(jobText(half, 30)).toBe('██████████░░░░░░░░░░  50%');
  });

  test('is never at 100 % while something is left', () => {
    expect(jobText(job(1024n * MIB, 1n, 1000n), 30)).toMatch(/ 99%$/);
    expect(jobText(job(1024n * MIB, 0n, 1000n), 30)).toMatch(/100%$/);
  });

  test('says how long it has taken where the hypervisor tells no size', () => {
    expect(jobText(job(0n, 0n, 61_000n), 80)).toBe('working for 1:01');
  });
});
