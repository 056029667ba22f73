import { lstat, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectError, QmpClient } from '../qmp/index.js';
import type { Deferred } from './argv-deferred.js';
import type { Journal, JournalRecord } from './journal.js';
import type { MendReport } from './mend.js';
import { isAlive, type ProcessIdentity } from './process-identity.js';
import type { JournalRelaunch } from './relaunch-journal.js';
import { removePaths, restorePaths, takeOver } from './relaunch-paths.js';
import { endProcess, findRelaunched, killProcess } from './relaunch-process.js';
import { settledRunState } from './run-state.js';
import { SnapshotStore } from './snapshot-store.js';

/** A process that was being started when we died shows within this time. */
const LATE_START_MS = 200;

/**
 * Ends a relaunch that was cut off or has failed. Before the new QEMU had loaded everything the old one goes on,
 * and nothing is left of the new one; after that the new one takes the old one's place. May be cut off and run again.
 * @param old a connection to the old QEMU, where we have one.
 * @throws QmpError and others; the journal is then still there.
 */
export async function mendRelaunch(
  journal: Journal,
  { patience, old }: { patience: number; old?: QmpClient },
): Promise<MendReport> {
  const { record } = journal;
  const relaunch = relaunchOf(record);
  const actions: string[] = [];
  const fresh = await findFresh(relaunch);
  await rm(relaunch.socketFolder, { recursive: true, force: true });
  const oldAlive = record.qemu !== null && (await isAlive(record.qemu));
  const loaded = record.step === 'finishing' || record.step === 'completing';
  if (loaded && fresh[0]) {
    await old?.disconnect();
    const told = await finishRelaunch(journal, fresh[0], patience);
    actions.push(`put the new QEMU (pid ${fresh[0].pid}) in the place of the old one`, ...told);
    return { outcome: 'completed', actions };
  }
  for (const each of fresh) {
    await killProcess(each);
    actions.push(`ended the new QEMU (pid ${each.pid})`);
  }
  if (record.step === 'completing') {
    // It was in place, and has ended since: what it wrote is its guest's.
    await removePaths(relaunch.paths);
    return { outcome: 'ended', actions };
  }
  if (oldAlive) await restorePaths(relaunch.paths);
  else await removePaths(relaunch.paths);
  for (const file of relaunch.created) {
    if (!(await lstat(file).catch(() => undefined))) continue;
    await rm(file, { force: true });
    actions.push(`removed '${file}'`);
  }
  await rm(relaunch.log, { force: true });
  if (oldAlive && record.wasRunning) await runAgain(record, old, patience, actions);
  return { outcome: oldAlive ? 'undone' : 'ended', actions };
}

/**
 * The last steps once the new QEMU has loaded everything: the old one ends, the new one takes its paths and runs if it
 * is to, and what is known of the snapshots is set right. May be cut off anywhere and done again.
 * @returns what could not be put right, for people.
 */
export async function finishRelaunch(
  journal: Journal,
  fresh: ProcessIdentity,
  patience: number,
  connected?: QmpClient,
): Promise<string[]> {
  const { record } = journal;
  const relaunch = relaunchOf(record);
  if (record.qemu) await endProcess(record.qemu, { asked: connected !== undefined });
  await takeOver(relaunch.paths);
  await rm(relaunch.log, { force: true });
  await journal.update({ step: 'completing' });
  const qmp = connected ?? (await connect(record.socket, fresh, patience));
  const told: string[] = [];
  try {
    told.push(...(await openDeferred(journal, qmp)));
    const { running } = await settledRunState(qmp);
    if (record.leaveRunning && !running) await qmp.execute('cont');
  } finally {
    if (!connected) await qmp.disconnect();
  }
  if (record.operation === 'snapshot-revert') {
    const store = new SnapshotStore(journal.folder);
    if (record.snapshotXml !== null) await store.put(record.snapshot, record.snapshotXml);
    await store.setCurrent(record.snapshot);
  }
  for (const file of relaunch.discard) await rm(file, { force: true });
  return told;
}

/** What the human monitor says when it could not. */
const COULD_NOT = /could not|cannot|invalid|unknown|not found|duplicate|error/i;

/** Opens the ports that the old QEMU had. The guest runs without one that can't be had: somebody else has taken it. */
async function openDeferred(journal: Journal, qmp: QmpClient): Promise<string[]> {
  const told: string[] = [];
  for (let next = relaunchOf(journal.record); next.opened < next.deferred.length; ) {
    const { part, execute, arguments: args } = next.deferred[next.opened] as Deferred;
    try {
      const said: unknown = await qmp.execute(execute, args as never);
      if (typeof said === 'string' && COULD_NOT.test(said)) throw new Error(said.trim());
    } catch (error) {
      if (qmp.state !== 'running') throw error;
      told.push(`${part} could not be had again: ${error instanceof Error ? error.message : String(error)}`);
    }
    next = { ...next, opened: next.opened + 1 };
    await journal.update({ relaunch: next });
  }
  return told;
}

function relaunchOf({ relaunch }: JournalRecord): JournalRelaunch {
  if (!relaunch) throw new Error('the journal is of no relaunch');
  return relaunch;
}

async function findFresh({ process, id }: JournalRelaunch): Promise<ProcessIdentity[]> {
  if (process) return (await isAlive(process)) ? [process] : [];
  const found = await findRelaunched(id);
  if (found.length > 0) return found;
  await delay(LATE_START_MS);
  return findRelaunched(id);
}

async function runAgain(
  record: JournalRecord,
  old: QmpClient | undefined,
  patience: number,
  actions: string[],
): Promise<void> {
  const connected = old?.state === 'running' ? old : undefined;
  const qmp = connected ?? (await connect(record.socket, record.qemu, patience));
  try {
    if ((await settledRunState(qmp)).running) return;
    await qmp.execute('cont');
    actions.push('let the guest run again');
  } finally {
    if (!connected) await qmp.disconnect();
  }
}

/** A monitor that is taken is waited for. */
async function connect(
  socket: string,
  process: ProcessIdentity | null,
  patience: number,
): Promise<QmpClient> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await QmpClient.connect(socket, { timeout: Math.max(1_000, Math.min(10_000, patience)) });
    } catch (error) {
      if (!(error instanceof ConnectError) || performance.now() > deadline) throw error;
      if (process && !(await isAlive(process))) throw error;
      await delay(50);
    }
  }
}
