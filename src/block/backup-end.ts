import { rm } from 'node:fs/promises';
import { CommandFailure, followJob, JobFailure } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { isAlive, isSameProcess } from '../snapshot/process-identity.js';
import { type BackupRecord, readBackupRecord, removeBackupRecord } from './backup-record.js';
import { deleteNode } from './close-images.js';

/**
 * Sees a backup to its end, if it has come to one: all of its copies are made, one of them failed, or who began it died before
 * it was under way.
 * @returns what became of it, for people; undefined if it goes on, or there is none.
 */
export async function settleBackup(guest: Guest): Promise<string | undefined> {
  const record = await readBackupRecord(guest.folder);
  if (!record) return undefined;
  const { process: qemu } = guest;
  const what = `the backup of domain '${record.domain}', begun ${record.startedAt},`;
  if (record.qemu && !isSameProcess(qemu, record.qemu)) {
    // It may have come to its end before, and nobody looked.
    if (record.mode === 'pull') await removeFiles(record);
    await removeBackupRecord(guest.folder);
    return record.mode === 'pull'
      ? `${what} has gone with the QEMU that ran it`
      : `${what} is no longer known to QEMU, which was started anew: nothing tells whether it is whole (${record.disks.map(({ file }) => file).join(', ')})`;
  }
  if (!record.started) {
    if (await isAlive(record.controller)) return undefined;
    await endBackup(guest, record);
    return `${what} was cut off before it was under way, and has been undone`;
  }
  const jobs = await jobsOf(guest, record);
  const failed = jobs.find(({ error }) => error !== undefined);
  if (!failed && jobs.some(({ status }) => status !== 'concluded')) return undefined;
  if (failed) {
    await endBackup(guest, record);
    return `${what} has failed, and its files are gone: ${failed.error}`;
  }
  await finishPush(guest, record);
  return `${what} has completed`;
}

/** The jobs of a backup that QEMU still has. */
export async function jobsOf({ qmp }: Guest, { disks }: BackupRecord) {
  const ids = new Set(disks.map(({ jobId }) => jobId));
  return (await qmp.execute('query-jobs')).filter(({ id }) => ids.has(id));
}

/** Ends a backup that is not (or can't be) seen through; what was made for it goes. Done again, it does the rest. */
export async function endBackup(guest: Guest, record: BackupRecord): Promise<void> {
  const { qmp } = guest;
  for (const { exportId } of record.disks) {
    if (exportId !== null) await attempt(qmp.execute('block-export-del', { id: exportId, mode: 'hard' }));
  }
  // A server that serves something else by now is somebody else's.
  if (record.server && (await qmp.execute('query-block-exports')).length === 0)
    await attempt(qmp.execute('nbd-server-stop'));
  for (const { jobId } of record.disks) {
    await attempt(qmp.execute('job-cancel', { id: jobId }));
    await followJob(qmp, jobId).catch((error: unknown) => {
      if (!(error instanceof JobFailure)) throw error;
    });
  }
  if (!record.started) {
    for (const bitmap of record.checkpointBitmaps)
      await attempt(qmp.execute('block-dirty-bitmap-remove', bitmap));
  }
  await closeStores(guest, record);
  await removeFiles(record);
  await removeBackupRecord(guest.folder);
}

/** All copies are made: they stay. */
async function finishPush(guest: Guest, record: BackupRecord): Promise<void> {
  for (const { jobId } of record.disks) await followJob(guest.qmp, jobId);
  await closeStores(guest, record);
  await removeBackupRecord(guest.folder);
}

async function closeStores(guest: Guest, { disks }: BackupRecord): Promise<void> {
  for (const { storeNode, node, bitmap } of disks) {
    await deleteNode(guest, storeNode);
    await deleteNode(guest, `${storeNode}f`);
    if (bitmap !== null)
      await attempt(guest.qmp.execute('block-dirty-bitmap-remove', { node, name: bitmap }));
  }
}

async function removeFiles({ disks }: BackupRecord): Promise<void> {
  for (const { file, created } of disks) if (created) await rm(file, { force: true });
}

/** QEMU doesn't have it any more, or never had. */
async function attempt(command: Promise<unknown>): Promise<void> {
  await command.catch((error: unknown) => {
    if (!(error instanceof CommandFailure)) throw error;
  });
}
