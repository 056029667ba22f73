import { lstat, rm } from 'node:fs/promises';
import {
  findJob,
  followJob,
  JobFailure,
  type Migration,
  queryBlockGraph,
  type RunState,
  runJob,
} from '../qmp/index.js';
import { releaseWriteProtection, writeProtectedRanges } from '../qmp/userfault.js';
import { closeExports } from './archive-exports.js';
import { completeSnapshot, isSameFile, memoryIsWhole, NameTaken } from './completion.js';
import { discardBackground } from './discard-background.js';
import { removePartial } from './durable-file.js';
import { endSink } from './end-sink.js';
import type { Guest } from './guest.js';
import { isAtLeast } from './guest.js';
import { guestDisks } from './guest-disks.js';
import {
  describeOperation,
  type Journal,
  type JournalMemory,
  type JournalOverlay,
  type JournalRecord,
} from './journal.js';
import { STALLED_MS } from './memory-operation.js';
import { withdrawMemoryPipe } from './memory-pipe.js';
import { restoreMigrationSettings } from './migration-settings.js';
import { MigrationWatch, migrationCleanedUp } from './migration-watch.js';
import { thawGuest } from './quiesce.js';
import { settledRunState } from './run-state.js';

/** What became of an operation that did not end by itself, and each thing that was done about it. */
export interface MendReport {
  /** `stopped`: half done, and to be finished by asking for it again. `ended`: the guest's QEMU is gone. */
  readonly outcome: 'undone' | 'completed' | 'stopped' | 'ended';
  readonly actions: readonly string[];
}

export interface MendOptions {
  /** Milliseconds that an agent gets to answer, which may be busy with a freeze that came late. */
  readonly thawPatience?: number;
}

type Actions = string[];

/** States that `cont` does not lead out of. */
const HOPELESS: ReadonlySet<RunState> = new Set([
  'shutdown',
  'internal-error',
  'guest-panicked',
  'inmigrate',
]);

/**
 * Ends an operation that was cut off or has failed, from what the journal says and what QEMU says now: whatever the
 * instant, the guest runs if it ran before, its file systems are thawed, and the snapshot is either whole or gone. May
 * be cut off itself and run again.
 *
 * @throws QmpError, AgentError and others; the journal is then still there, to try again.
 */
export async function mend(guest: Guest, journal: Journal, options: MendOptions = {}): Promise<MendReport> {
  const actions: Actions = [];
  // First, because snapshot-save stops the guest and lets it run by itself, and must not be disturbed in between.
  await endJobs(guest, journal.record);
  const migration = journal.record.memory ? await endMigration(guest, journal, actions) : undefined;
  await runAgain(guest, journal, actions);
  if (journal.record.migration) await restoreMigrationSettings(guest.qmp, journal.record.migration);
  // An agent that doesn't answer must not keep the rest from being mended.
  const thawed = journal.record.frozen ? await settled(thaw(guest, journal, actions, options)) : undefined;

  const { memory, exports, method } = journal.record;
  if (memory) {
    await withdrawMemoryPipe(guest.qmp);
    await endSink(memory);
  }
  if (exports) await closeExports(guest, exports);
  const found = await findState(guest, journal.record);
  const whole =
    found.switched &&
    (!memory || ((method === 'none' || migration?.status === 'completed') && (await memoryIsWhole(memory))));
  const begun = journal.record.step !== 'preparing' && journal.record.step !== 'freezing';
  const forwards = journal.record.step === 'completing' || (begun && whole);
  const completed = forwards && (await complete(journal, actions));
  if (completed && mergesBack(journal.record)) await takeAwayOverlays(guest, journal.record, actions);
  if (!completed) {
    await takeAway(guest, journal.record.overlays, found.active, actions);
    await deleteInternal(guest, journal.record, found.tagged, actions);
    if (memory) await dropMemory(memory, actions);
  }
  if (thawed?.status === 'rejected') throw thawed.reason;
  if (completed && journal.record.halt) {
    await guest.qmp.execute('quit');
    actions.push('ended the guest');
  }
  return { outcome: completed ? 'completed' : 'undone', actions };
}

/** @returns false if there is still a way back and it must be taken. */
export async function complete(journal: Journal, actions: Actions): Promise<boolean> {
  try {
    await completeSnapshot(journal);
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error;
    actions.push(error.message);
    return false;
  }
  actions.push(`completed ${describeOperation(journal.record)}`);
  return true;
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

/** What the operation has done to the disks so far. */
interface FoundState {
  /** Overlay nodes that a disk of the guest is on now. */
  readonly active: ReadonlySet<string>;
  /** Nodes whose images hold the snapshot themselves. */
  readonly tagged: ReadonlySet<string>;
  /** Every disk has its part of the snapshot. */
  readonly switched: boolean;
}

async function findState({ qmp }: Guest, record: JournalRecord): Promise<FoundState> {
  const disks = guestDisks(await queryBlockGraph(qmp));
  const nodes = new Set(disks.map(({ medium }) => medium?.node));
  const active = new Set(
    record.overlays.map(({ overlayNode }) => overlayNode).filter((node) => nodes.has(node)),
  );
  const holds = (node: string): boolean =>
    disks
      .find(({ medium }) => medium?.node === node)
      ?.medium?.image.snapshots?.some(({ name }) => name === record.snapshot) ?? false;
  const tagged = new Set(record.internal.map(({ node }) => node).filter(holds));
  const switched = active.size === record.overlays.length && tagged.size === record.internal.length;
  return { active, tagged, switched };
}

/** The jobs run to their end, whichever it is: that of snapshot-save can't be cancelled. */
async function endJobs({ qmp }: Guest, { jobs }: JournalRecord): Promise<void> {
  for (const id of jobs) {
    await followJob(qmp, id).catch((error: unknown) => {
      if (!(error instanceof JobFailure)) throw error;
    });
  }
}

/** Takes snapshots out of images again that not all of the images got. */
async function deleteInternal(
  { qmp }: Guest,
  { internal, snapshot }: JournalRecord,
  tagged: ReadonlySet<string>,
  actions: Actions,
): Promise<void> {
  for (const { node, disk } of internal) {
    if (!tagged.has(node)) continue;
    await qmp.execute('blockdev-snapshot-delete-internal-sync', { device: node, name: snapshot });
    actions.push(`removed snapshot '${snapshot}' from the image of disk '${disk}'`);
  }
}

/** Brings a memory stream to its end, in the way that does the guest no harm. */
async function endMigration(guest: Guest, journal: Journal, actions: Actions): Promise<Migration> {
  const { qmp, version } = guest;
  const { method, wasRunning } = journal.record;
  const watch = new MigrationWatch(qmp);
  try {
    let migration = await qmp.execute('query-migrate');
    if (isUnderWay(migration)) {
      if (method === 'background') {
        // Never cancelled (see background.ts). From QEMU 9.0 on it is for us to let the guest run.
        let told = !(wasRunning && isAtLeast(version, 9, 0));
        migration = await watch.untilEnded({
          stalled: STALLED_MS,
          each: async ({ ram }) => {
            if (told || (ram?.normal ?? 0) + (ram?.duplicate ?? 0) === 0) return;
            told = true;
            await runAgain(guest, journal, actions);
          },
        });
        actions.push('let the memory stream run out');
      } else {
        await qmp.execute('migrate_cancel');
        migration = await watch.untilEnded({ stalled: STALLED_MS });
        actions.push('cancelled the memory stream');
      }
      await migrationCleanedUp(qmp);
    }
    if (method === 'background' && migration.status !== 'completed')
      await freeMemory(guest, journal, actions);
    return migration;
  } finally {
    watch.close();
  }
}

const isUnderWay = ({ status }: Migration): boolean =>
  status !== undefined && !['none', 'completed', 'failed', 'cancelled'].includes(status);

/** Undoes what a failed background snapshot leaves behind in QEMU before 8.1. */
async function freeMemory(guest: Guest, journal: Journal, actions: Actions): Promise<void> {
  const { version, process: qemu, qmp } = guest;
  if (isAtLeast(version, 8, 1) || !qemu || (await writeProtectedRanges(qemu.pid)).length === 0) return;
  await releaseWriteProtection(qemu.pid);
  actions.push("took the write protection off the guest's memory");
  await discardBackground(qmp, guest.folder, journal.record.migration);
}

async function runAgain({ qmp }: Guest, journal: Journal, actions: Actions): Promise<void> {
  if (!journal.record.wasRunning) return;
  const { running, status } = await settledRunState(qmp);
  if (running || HOPELESS.has(status)) return;
  await qmp.execute('cont');
  actions.push('let the guest run again');
}

async function thaw(guest: Guest, journal: Journal, actions: Actions, options: MendOptions): Promise<void> {
  const { agentSocket } = journal.record;
  if (agentSocket === null) return;
  const thawed = await thawGuest(agentSocket, options.thawPatience);
  await journal.update({ frozen: false });
  if (thawed > 0) actions.push(`thawed ${thawed} file systems of domain '${guest.name}'`);
}

/** An archive holds the disks themselves: it needs the overlays for as long as it is being written. */
const mergesBack = ({ operation, keepOverlays }: JournalRecord): boolean =>
  operation === 'archive-create' && !keepOverlays;

/** Takes an operation's overlays away, whichever of them are in use. May be cut off and done again. */
export async function takeAwayOverlays(
  guest: Guest,
  record: JournalRecord,
  actions: string[] = [],
): Promise<void> {
  const { active } = await findState(guest, record);
  await takeAway(guest, record.overlays, active, actions);
}

/** Takes the overlays away again: those in use are merged back into what they lie on first. */
async function takeAway(
  guest: Guest,
  overlays: readonly JournalOverlay[],
  active: ReadonlySet<string>,
  actions: Actions,
): Promise<void> {
  const { qmp } = guest;
  for (const overlay of overlays) {
    const { overlayNode, file, created } = overlay;
    if (active.has(overlayNode)) {
      await mergeBack(guest, overlay);
      actions.push(`merged '${file}' back`);
    } else {
      // A run that was cut off may have come as far as this, but for the last word to its job.
      await followJob(qmp, mergeJob(overlay), { whenReady: 'complete' });
    }
    const { nodes } = await queryBlockGraph(qmp);
    if (nodes.has(overlayNode)) await qmp.execute('blockdev-del', { 'node-name': overlayNode });
    if (created && (await isThere(file))) {
      await rm(file, { force: true });
      actions.push(`removed '${file}'`);
    }
  }
}

const mergeJob = ({ overlayNode }: JournalOverlay): string => `snapctl-undo-${overlayNode.slice(-12)}`;

async function mergeBack({ qmp }: Guest, overlay: JournalOverlay): Promise<void> {
  const { overlayNode, baseNode } = overlay;
  const id = mergeJob(overlay);
  const left = await findJob(qmp, id);
  if (left && left.status !== 'concluded') {
    // Begun by a run that was cut off.
    await followJob(qmp, id, { whenReady: 'complete' });
    return;
  }
  await runJob(
    qmp,
    id,
    () =>
      qmp.execute('block-commit', {
        'job-id': id,
        device: overlayNode,
        'base-node': baseNode,
        'auto-finalize': true,
        'auto-dismiss': false,
      }),
    { whenReady: 'complete' },
  );
}

async function isThere(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined)) !== undefined;
}

/** The image is not whole: it goes. */
export async function dropMemory(memory: JournalMemory, actions: Actions): Promise<void> {
  const { partial, final, report } = memory;
  if (await isSameFile(partial, final)) await rm(final, { force: true });
  await removePartial(partial);
  await rm(report, { force: true });
  actions.push(`removed what had been written of '${final}'`);
}
