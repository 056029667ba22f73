/** The middle of some numbers; undefined if there are none. */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const MiB = 2 ** 20;
const pick = (tries, key) => tries.map((attempt) => attempt[key]);
const number = (value, digits = 0) => (value === undefined ? '-' : value.toFixed(digits));
const middle =
  (key, digits = 0, unit = 1) =>
  (tries) => {
    const value = median(pick(tries, key));
    return number(value === undefined ? undefined : value / unit, digits);
  };
const spread = (key) => (tries) => {
  const values = pick(tries, key).filter((value) => value !== undefined);
  if (values.length === 0) return '-';
  return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(0)}-${Math.max(...values).toFixed(0)})`;
};

const snapshotColumns = {
  'pause ms': spread('pauseMs'),
  'gap ms': spread('gapMs'),
  'total s': middle('totalMs', 2, 1000),
  'image MiB': middle('imageBytes', 0, MiB),
  'CPU s': middle('cpuMs', 2, 1000),
  'peak MiB': middle('peakMiB'),
};
const revertColumns = {
  'runs after ms': spread('runsMs'),
  'gap ms': spread('gapMs'),
  'command ms': spread('totalMs'),
  'CPU s': middle('cpuMs', 2, 1000),
  'peak MiB': middle('peakMiB'),
};

/** A Markdown table of what was measured on one guest. @returns {string} */
export function snapshotTable(results) {
  return table(results, snapshotColumns, (name, tries) => {
    const chosen = new Set(pick(tries, 'method'));
    return name.startsWith('snapctl') && name.endsWith('--live')
      ? `${name} (${[...chosen].join(', ')})`
      : name;
  });
}

/** @returns {string} */
export const revertTable = (results) => table(results, revertColumns, (name) => name);

function table(results, columns, label) {
  const rows = Object.entries(results).map(([name, tries]) => [
    label(name, tries),
    ...Object.values(columns).map((column) => column(tries)),
  ]);
  const all = [['', ...Object.keys(columns)], ...rows];
  const widths = all[0].map((_, index) => Math.max(...all.map((row) => row[index].length)));
  const line = (row) =>
    `| ${row.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(all[0]), rule, ...all.slice(1).map(line)].join('\n');
}

/**
 * The goals that can be judged by what was measured.
 * @param {Record<string, {snapshots: object, revert?: object}>} measured by guest
 * @returns {{goal: string, ratio: number, limit: number, met: boolean}[]}
 */
export function judgeGoals(measured) {
  const goals = [];
  const judge = (goal, limit, value, reference) => {
    if (value === undefined || reference === undefined) return;
    const ratio = value / reference;
    goals.push({ goal, ratio, limit, met: ratio <= limit });
  };
  const of = (guest, method, key) => median(pick(measured[guest]?.snapshots?.[method] ?? [], key));
  const ours = 'snapctl --live';
  judge(
    'gap of --live against the hexz sequence, 1 GiB idle',
    1 / 5,
    of('1g-idle', ours, 'gapMs'),
    of('1g-idle', 'hexz sequence', 'gapMs'),
  );
  judge(
    'gap of --live against the hexz sequence, 4 GiB with 3 GiB of data',
    1 / 10,
    of('4g-full', ours, 'gapMs'),
    of('4g-full', 'hexz sequence', 'gapMs'),
  );
  for (const guest of ['1g-idle', '1g-busy']) {
    judge(
      `gap of archive-create --live against that of --live, ${guest}`,
      1.2,
      of(guest, 'snapctl archive-create --live', 'gapMs'),
      of(guest, ours, 'gapMs'),
    );
  }
  for (const guest of ['256m-idle', '1g-idle']) {
    judge(
      `pause of --live against virsh --live, ${guest}`,
      1.2,
      of(guest, ours, 'pauseMs'),
      of(guest, 'virsh --live', 'pauseMs'),
    );
  }
  for (const guest of ['1g-idle', '1g-full']) {
    const revert = measured[guest]?.revert;
    judge(
      `snapshot-revert against qemu -incoming, ${guest}`,
      1.3,
      median(pick(revert?.['snapctl snapshot-revert'] ?? [], 'runsMs')),
      median(pick(revert?.['qemu -incoming'] ?? [], 'runsMs')),
    );
  }
  return goals;
}

/** @returns {string} a line for each goal */
export function goalLines(goals) {
  return goals
    .map(
      ({ goal, ratio, limit, met }) =>
        `${met ? 'met   ' : 'MISSED'} ${goal}: ${ratio.toFixed(2)} (at most ${limit.toFixed(2)})`,
    )
    .join('\n');
}
