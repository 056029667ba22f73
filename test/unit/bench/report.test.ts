import { expect, test } from '@jest/globals';
import { goalLines, judgeGoals, median, snapshotTable } from '../../../bench/pauses/report.mjs';

test('medians leave out what was not measured', () => {
  expect(median([5, 1, undefined, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([undefined])).toBeUndefined();
});

const attempts = (gapMs: number, pauseMs = gapMs) =>
  [1, 2, 3].map((factor) => ({ gapMs: gapMs * factor, pauseMs }));

test('goals compare medians, and only those of guests that were measured', () => {
  const goals = judgeGoals({
    '1g-idle': {
      runs: 3,
      snapshots: {
        'snapctl --live': attempts(20, 13),
        'hexz sequence': attempts(100),
        'virsh --live': attempts(40, 10),
      },
      revert: { 'snapctl snapshot-revert': [{ runsMs: 120 }], 'qemu -incoming': [{ runsMs: 100 }] },
    },
  });
  expect(goals.map(({ ratio, met }) => [ratio, met])).toEqual([
    [0.2, true],
    [1.3, false],
    [1.2, true],
  ]);
  expect(goalLines(goals)).toContain(
    'MISSED pause of --live against virsh --live, 1g-idle: 1.30 (at most 1.20)',
  );
});

test('a table says which method was chosen, and has a dash for what does not apply', () => {
  const table = snapshotTable({
    'snapctl --live': [
      {
        method: 'background',
        pauseMs: 9.04,
        gapMs: 30,
        totalMs: 900,
        imageBytes: 2 ** 20,
        cpuMs: 250,
        peakMiB: 99,
      },
    ],
    'hexz sequence': [{ pauseMs: 100, gapMs: 104, totalMs: 130, imageBytes: 2 ** 21 }],
  });
  expect(table.split('\n')[2]).toMatch(
    /^\| snapctl --live \(background\) \| +9\.0 \(9-9\) \| .*\| +0\.90 \| +1 \| +0\.25 \| +99 \|$/,
  );
  expect(table.split('\n')[3]).toMatch(/\| +2 \| +- \| +- \|$/);
});
