import type { SnapshotRevertPlan } from '../../src/hypervisor/index.js';
import { shellQuote } from '../../src/shell/index.js';

/** Both command lines, each an option a line, and what becomes of the images. */
export function describeRevertPlan({
  before,
  after,
  memoryFile,
  disks,
  discard,
  later,
  lost,
}: SnapshotRevertPlan): string {
  const lines = (words: readonly string[]): string =>
    words
      .map((word, index) =>
        index > 0 && word.startsWith('-') ? `\n    ${shellQuote(word)}` : ` ${shellQuote(word)}`,
      )
      .join('')
      .trim();
  return [
    `Ends: ${lines(before)}`,
    `Starts: ${lines(after)}`,
    memoryFile === null ? 'Memory: none, it starts from power-on' : `Memory: ${memoryFile}`,
    ...disks.map(({ disk, frozen, overlay }) => `Disk ${disk}: ${overlay} (new) on ${frozen}`),
    ...discard.map((file) => `Removes: ${file}`),
    ...later.map((option) => `Opened once the first has ended: ${option}`),
    ...lost.map((text) => `Note: ${text}`),
    '',
  ].join('\n');
}
