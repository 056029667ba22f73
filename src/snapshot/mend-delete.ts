import { lstat } from 'node:fs/promises';
import { abandonMerge, isMergedOnDisk, type MergeStep } from './delete-merging.js';
import {
  carryOutDeletion,
  deletionOf,
  jobOf,
  noteWritten,
  renameInStore,
  unmarkAll,
} from './delete-steps.js';
import type { Guest } from './guest.js';
import type { Journal } from './journal.js';
import type { MendReport } from './mend.js';

/**
 * Goes on with a deletion that was cut off, to its end: QEMU has carried on with what it was told meanwhile. What
 * can't be gone on with is stopped where it is.
 * @throws QmpError the guest can't be talked to; the journal is then still there, to try again.
 */
export async function mendDelete(guest: Guest, journal: Journal): Promise<MendReport> {
  const actions: string[] = [];
  try {
    await carryOutDeletion(guest, journal, { onAction: (text) => actions.push(text) });
  } catch (error) {
    if (guest.qmp.state !== 'running') throw error;
    actions.push(error instanceof Error ? error.message : String(error));
    const stopped = await stopDelete(guest, journal);
    return { ...stopped, actions: [...actions, ...stopped.actions] };
  }
  for (const name of deletionOf(journal).snapshots) actions.push(`deleted '${name}'`);
  return { outcome: 'completed', actions };
}

/**
 * Ends a deletion where it is. The guest and every snapshot that was to stay read what they did before: images that are
 * not merged yet stay as they are. Before anything was lost the snapshots stay, too; after that their documents say
 * that they are of no use any more, and deleting them again does the rest.
 */
export async function stopDelete(guest: Guest, journal: Journal): Promise<MendReport> {
  const step = pendingMerge(journal);
  let merged = false;
  if (step) {
    merged = await abandonMerge(guest, step, jobOf(journal));
    await (merged ? renameInStore : noteWritten)(journal, step);
  }
  return end(journal, merged);
}

/** The same when the guest's QEMU is gone, and its jobs with it. @returns what was done and found. */
export async function mendDeleteWithoutQemu(journal: Journal): Promise<string[]> {
  const step = pendingMerge(journal);
  const actions: string[] = [];
  let merged: boolean | undefined = false;
  if (step) {
    merged = await isMergedOnDisk(step).catch(() => undefined);
    await (merged ? renameInStore : noteWritten)(journal, step);
    if (merged === undefined && step.action === 'commit') {
      actions.push(await tellWhich(step, deletionOf(journal).pivoting ?? false));
    }
  }
  return [...actions, ...(await end(journal, merged !== false)).actions];
}

function pendingMerge(journal: Journal): MergeStep | undefined {
  const { steps, done } = deletionOf(journal);
  const step = steps[done];
  return step?.action === 'commit' || step?.action === 'stream' ? step : undefined;
}

/** @param merged whether the merge that was under way has come, or may have come, to its end. */
async function end(journal: Journal, merged: boolean): Promise<MendReport> {
  const { snapshots, steps, done } = deletionOf(journal);
  const harmless = (action: string): boolean => ['mark', 'layers'].includes(action);
  // A commit overwrites from its first moment; a stream takes nothing away before it is through.
  const lost =
    merged ||
    steps[done]?.action === 'commit' ||
    steps.slice(0, done).some(({ action }) => !harmless(action));
  const names = snapshots.map((name) => `'${name}'`).join(', ');
  if (journal.record.step === 'switching' && !lost) await unmarkAll(journal);
  const told = lost ? [`${names} can't be reverted to any more: delete again to finish`] : [];
  return { outcome: lost ? 'stopped' : 'undone', actions: told };
}

/** The guest was to go over from one image to the other when its QEMU ended. @param pivoting it may have gone over */
async function tellWhich(
  { disk, top, base }: { disk: string; top: string; base: string },
  pivoting: boolean,
): Promise<string> {
  // Until then the base lacks data, though it is the one that is written to.
  if (!pivoting) return `disk '${disk}' had not been moved to '${base}' yet: start the guest on '${top}'`;
  const [above, below] = await Promise.all([top, base].map((file) => lstat(file).catch(() => undefined)));
  // Once the guest is on the base, nothing is written to what was on top any more.
  const newer = !above || (below && below.mtimeMs > above.mtimeMs) ? base : top;
  const other = newer === base ? top : base;
  return `disk '${disk}' was being moved from '${top}' to '${base}': '${newer}' was written to last: start the guest on '${newer}', and keep '${other}' until you have seen that it is right`;
}
