import type { SnapshotDeletePlan } from '../../src/hypervisor/index.js';
import { prettyCapacity } from '../../src/shell/pretty-capacity.js';

const size = (bytes: number): string => {
  const { value, unit } = prettyCapacity(BigInt(bytes));
  return `${value} ${unit}`;
};

const quoted = (files: readonly string[]): string => files.map((file) => `'${file}'`).join(', ');

/** What a deletion would do, a line for each thing. */
export function describeDeletePlan({ snapshots, merges, remove, kept, bytes }: SnapshotDeletePlan): string {
  const lines = [
    `Deletes: ${snapshots.length > 0 ? snapshots.join(', ') : 'nothing'}`,
    ...merges.map(
      (merge) =>
        `Merges (${merge.method}) on disk ${merge.disk}: ${quoted(merge.from)} into '${merge.into}', about ${size(merge.bytes)}`,
    ),
    ...remove.map(({ file, bytes: length }) => `Removes: '${file}', ${size(length)}`),
    ...kept.map(({ file, reason }) => `Keeps: '${file}': ${reason}`),
    `Copies: about ${size(bytes)}`,
  ];
  return `${lines.join('\n')}\n`;
}
