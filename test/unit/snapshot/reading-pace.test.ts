import { expect, test } from '@jest/globals';
import { ReadingPace } from '../../../src/snapshot/reading-pace.js';

/** A pipe that always has more, and a taker of so many pieces a millisecond, who is away for a while. */
function run(
  pace: ReadingPace,
  { ms, rate, away = [0, 0] }: { ms: number; rate: (now: number) => number; away?: [number, number] },
): { held: number; most: number; longest: number; read: number } {
  let [read, taken, due, most, longest] = [0, 0, 0, 0, 0];
  for (let now = 0; now < ms; now += 0.1) {
    if (now < away[0] || now >= away[1]) taken = Math.min(read, taken + rate(now) * 0.1);
    while (due <= now) {
      read++;
      const delay = pace.delay(now, read, Math.floor(taken));
      longest = Math.max(longest, delay);
      // At most 50 pieces a millisecond.
      due = now + Math.max(delay, 0.02);
    }
    most = Math.max(most, read - taken);
  }
  return { held: read - taken, most, longest, read };
}

test('reads as fast as it can as long as little is held', () => {
  const pace = new ReadingPace(1024, 384);
  for (let read = 1; read <= 384; read++) expect(pace.delay(read / 50, read, 0)).toBe(0);
  expect(pace.delay(8, 385, 0)).toBeGreaterThan(0);
});

test.each([1, 2.5, 4, 8])('settles at a taker’s pace of %d pieces a millisecond, with room left', (rate) => {
  const { most, longest, read } = run(new ReadingPace(1024, 384), { ms: 2000, rate: () => rate });
  expect(read).toBeGreaterThan(rate * 2000);
  expect(most).toBeLessThan(900);
  expect(longest).toBeLessThan(3);
});

test('has room for a taker who is away for a tenth of a second', () => {
  const { most } = run(new ReadingPace(1024, 384), { ms: 1500, rate: () => 4, away: [700, 800] });
  expect(most).toBeLessThan(1024);
});

test('follows a taker who becomes slower, and faster again', () => {
  const { held, most, read } = run(new ReadingPace(1024, 384), {
    ms: 4000,
    rate: (now) => (now > 1000 && now < 2000 ? 0.5 : 4),
  });
  expect(most).toBeLessThan(1024);
  expect(held).toBeGreaterThan(300);
  expect(read).toBeGreaterThan(12_000);
});

test('is soon as quick as before when a taker was away for long', () => {
  const pace = new ReadingPace(1024, 384);
  for (let now = 0; now < 1000; now += 1) expect(pace.delay(now, 1000, 1)).toBeLessThanOrEqual(10);
  expect(pace.delay(1010, 1001, 800)).toBe(0);
  expect(pace.delay(1011, 1200, 801)).toBeLessThan(2);
});
