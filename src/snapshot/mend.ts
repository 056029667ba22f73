import { rm } from 'node:fs/promises';
import { type Migration, queryBlockGraph, runJob } from '../qmp/index.js';
import { releaseWriteProtection, writeProtectedRanges } from '../qmp/userfault.js';
import { completeSnapshot, memoryIsWhole } from './completion.js';
import { discardBackground } from './discard-background.js';
import type { Guest } from './guest.js';
import { isAtLeast } from './guest.js';
import { guestDisks } from './guest-disks.js';
import type { Journal, JournalOverlay } from './journal.js';
import { STALLED_MS } from './memory-operation.js';
import { restoreMigrationSettings } from './migration-settings.js';
import { MigrationWatch, migrationCleanedUp } from './migration-watch.js';
import { thawGuest } from './quiesce.js';

/** What became of an operation that did not end by itself, and each thing that was done about it. */
export interface MendReport {
  readonly outcome: 'undone' | 'completed';
  readonly actions: readonly string[];
}

type Actions = string[];

/**
 * Ends an operation that was cut off or has failed, from what the journal says and what QEMU says now: whatever the
 * instant, the guest runs if it ran before, its file systems are thawed, and the snapshot is either whole or gone. May
 * be cut off itself and run again.
 *
 * @throws QmpError and others; the journal is then still there, to try again.
 */
export async function mend(guest: Guest, journal: Journal): Promise<MendReport> {
  const actions: Actions = [];
  const { record } = journal;
  const migration = record.memory ? await endMigration(guest, journal, actions) : undefined;
  await runAgain(guest, journal, actions);
  if (record.frozen) await thaw(guest, journal, actions);
  if (record.migration) await restoreMigrationSettings(guest.qmp, record.migration);

  const active = await activeOverlays(guest, record.overlays);
  const switched = active.size === record.overlays.length;
  const whole = record.memory
    ? migration?.status === 'completed' && (await memoryIsWhole(record.memory))
    : record.method !== 'internal';
  const forwards = switched && whole && record.step !== 'preparing' && record.step !== 'freezing';
  if (forwards) {
    await completeSnapshot(guest.folder, record);
    actions.push(`completed snapshot '${record.snapshot}'`);
    if (record.halt) {
      await guest.qmp.execute('quit');
      actions.push('ended the guest');
    }
  } else {
    await takeAway(guest, record.overlays, active, actions);
    if (record.memory) await dropMemory(journal, actions);
  }
  await journal.end();
  return { outcome: forwards ? 'completed' : 'undone', actions };
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
  const { running, status } = await qmp.execute('query-status');
  if (running || status === 'shutdown') return;
  await qmp.execute('cont');
  actions.push('let the guest run again');
}

async function thaw(guest: Guest, journal: Journal, actions: Actions): Promise<void> {
  const { agentSocket } = journal.record;
  if (agentSocket === null) return;
  const thawed = await thawGuest(agentSocket);
  await journal.update({ frozen: false });
  if (thawed > 0) actions.push(`thawed ${thawed} file systems of domain '${guest.name}'`);
}

/** Names of the overlay nodes that a disk of the guest is on now. */
async function activeOverlays({ qmp }: Guest, overlays: readonly JournalOverlay[]): Promise<Set<string>> {
  const nodes = new Set(guestDisks(await queryBlockGraph(qmp)).map(({ medium }) => medium?.node));
  return new Set(overlays.map(({ overlayNode }) => overlayNode).filter((node) => nodes.has(node)));
}

/** Takes the overlays away again: those in use are merged back into what they lie on first. */
async function takeAway(
  guest: Guest,
  overlays: readonly JournalOverlay[],
  active: ReadonlySet<string>,
  actions: Actions,
): Promise<void> {
  const { qmp } = guest;
  for (const { overlayNode, baseNode, file, created } of overlays) {
    if (active.has(overlayNode)) {
      const id = `snapctl-undo-${overlayNode.slice(-12)}`;
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
      actions.push(`merged '${file}' back`);
    }
    const { nodes } = await queryBlockGraph(qmp);
    if (nodes.has(overlayNode)) await qmp.execute('blockdev-del', { 'node-name': overlayNode });
    if (created) {
      await rm(file, { force: true });
      actions.push(`removed '${file}'`);
    }
  }
}

/** The image is not whole: it goes, and so does the process that received it, once it has nothing more to drain. */
async function dropMemory(journal: Journal, actions: Actions): Promise<void> {
  const { memory } = journal.record;
  if (!memory) return;
  await rm(memory.partial, { force: true });
  await rm(memory.report, { force: true });
  actions.push(`removed the unfinished memory image of '${memory.final}'`);
}
