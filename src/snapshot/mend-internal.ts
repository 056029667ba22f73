import { findJob, followJob, JobFailure, queryBlockGraph } from '../qmp/index.js';
import type { Guest } from './guest.js';
import { guestDisks } from './guest-disks.js';
import { settleInternal } from './internal-offline.js';
import type { Journal } from './journal.js';
import type { MendReport } from './mend.js';
import { settledRunState } from './run-state.js';
import { SnapshotStore } from './snapshot-store.js';
import { forgetSnapshot } from './stored-parent.js';

/** A snapshot inside the images has been loaded: the guest runs or stands still as was asked. May be done again. */
export async function finishRevert({ qmp }: Guest, journal: Journal): Promise<string[]> {
  const { leaveRunning, snapshot } = journal.record;
  const { running } = await settledRunState(qmp);
  const actions: string[] = [];
  if (leaveRunning && !running) {
    await qmp.execute('cont');
    actions.push('let the guest run again');
  }
  if (!leaveRunning && running) {
    await qmp.execute('stop');
    actions.push('paused the guest');
  }
  const store = new SnapshotStore(journal.folder);
  // One that only the images know of is nobody's parent.
  await store.setCurrent((await store.find(snapshot)) ? snapshot : undefined);
  return actions;
}

/** A snapshot is in no image any more. May be done again. */
export const finishDelete = (journal: Journal): Promise<void> =>
  forgetSnapshot(new SnapshotStore(journal.folder), journal.record.snapshot);

/**
 * Ends a revert to a snapshot inside the images, or its deletion, that was cut off or has failed. QEMU carries the job
 * to its end whoever asked for it, and keeps its result; so what is left to do is what comes after it.
 * @throws QmpError and others; the journal is then still there, to try again.
 */
export async function mendInternal(guest: Guest, journal: Journal): Promise<MendReport> {
  const { operation, snapshot, step } = journal.record;
  const actions: string[] = [];
  const job = await endJobs(guest, journal, actions);
  const through = step === 'finishing' || job === 'done';
  let completed = false;
  if (operation === 'snapshot-revert') {
    completed = through;
    if (through) actions.push(...(await finishRevert(guest, journal)));
    else if (job === 'failed') {
      actions.push(`the guest's state could not be loaded, and it stays stopped: revert again, or reset it`);
    }
  } else {
    completed = through || !(await isHeld(guest, snapshot));
    if (completed) await finishDelete(journal);
  }
  if (completed) {
    actions.push(
      operation === 'snapshot-revert' ? `went back to snapshot '${snapshot}'` : `deleted '${snapshot}'`,
    );
  }
  return { outcome: completed ? 'completed' : 'undone', actions };
}

/** The same when the guest's QEMU is gone: its images alone are left. @returns what was done. */
export async function mendInternalWithoutQemu(journal: Journal): Promise<string[]> {
  const { operation, snapshot, internal } = journal.record;
  const actions: string[] = [];
  if (operation === 'snapshot-delete') {
    const { whole, actions: removed } = await settleInternal(journal.record);
    actions.push(...removed);
    if (!whole) {
      await finishDelete(journal);
      actions.push(`deleted '${snapshot}'`);
    }
  } else {
    const files = internal.map(({ file }) => `'${file}'`).join(' and ');
    actions.push(`start the guest, and revert again if '${snapshot}' is wanted: it is still in ${files}`);
  }
  return actions;
}

async function endJobs(
  { qmp }: Guest,
  journal: Journal,
  actions: string[],
): Promise<'done' | 'failed' | 'unknown'> {
  for (const id of journal.record.jobs) {
    if (!(await findJob(qmp, id))) return 'unknown';
    try {
      await followJob(qmp, id);
    } catch (error) {
      if (!(error instanceof JobFailure)) throw error;
      actions.push(error.message);
      return 'failed';
    }
  }
  return 'done';
}

async function isHeld({ qmp }: Guest, name: string): Promise<boolean> {
  return guestDisks(await queryBlockGraph(qmp)).some(({ medium }) =>
    medium?.image.snapshots?.some((each) => each.name === name),
  );
}
