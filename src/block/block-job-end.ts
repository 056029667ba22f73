import { lstat, rm } from 'node:fs/promises';
import { CommandFailure, findJob, followJob, JobFailure } from '../qmp/index.js';
import { carryBitmaps } from '../snapshot/bitmap-chain.js';
import type { Guest } from '../snapshot/guest.js';
import { queryOpenImages } from '../snapshot/open-images.js';
import { isAlive, isSameProcess } from '../snapshot/process-identity.js';
import { type BlockJobRecord, describeJob, readJobRecords, removeJobRecord } from './block-job-record.js';
import { undoPreparation } from './block-job-start.js';
import { closeUnused } from './close-images.js';
import { findChain } from './disk-chain.js';

/** How a job that ended while nobody waited for it came to its end, for people. */
export interface EndedJob {
  readonly record: BlockJobRecord;
  readonly failed: boolean;
  readonly text: string;
}

/**
 * Does what is left to do for jobs that have ended: dismisses them, has QEMU close what they were done with, removes
 * the files that were to be removed.
 */
export async function settleBlockJobs(guest: Guest): Promise<EndedJob[]> {
  const ended: EndedJob[] = [];
  for (const record of await readJobRecords(guest.folder)) {
    const end = await settle(guest, record);
    if (end) ended.push({ record, ...end });
  }
  return ended;
}

/** @returns undefined if it has not ended. */
async function settle(guest: Guest, record: BlockJobRecord): Promise<Omit<EndedJob, 'record'> | undefined> {
  const { process: qemu } = guest;
  const what = `${describeJob(record)}, begun ${record.startedAt},`;
  if (record.qemu && !isSameProcess(qemu, record.qemu)) {
    await removeJobRecord(guest.folder, record);
    return { failed: true, text: `${what} has gone with the QEMU that ran it; nothing was removed` };
  }
  const job = await findJob(guest.qmp, record.id);
  if (!record.started && !job) {
    if (await isAlive(record.controller)) return undefined;
    await undoPreparation(guest, record);
    return {
      failed: true,
      text: `${what} was cut off before it started, and what was prepared for it is gone`,
    };
  }
  if (job && job.status !== 'concluded') return undefined;
  const error = await finishBlockJob(guest, record);
  return error === undefined
    ? { failed: false, text: `${what} has completed` }
    : { failed: true, text: `${what} has failed: ${error}; the disk is where it was` };
}

/**
 * Waits for the end of a job that has been told to end, or has ended, and does what is left to do then.
 * @returns why it failed; undefined if it didn't.
 */
export async function finishBlockJob(guest: Guest, record: BlockJobRecord): Promise<string | undefined> {
  const error = await followJob(guest.qmp, record.id).then(
    () => outcomeOfPull(guest, record),
    (failure: unknown) => {
      if (failure instanceof JobFailure) return failure.description;
      throw failure;
    },
  );
  await closeUnused(guest, record.close);
  if (error === undefined) await removeCommitted(guest, record);
  await removeJobRecord(guest.folder, record);
  return error;
}

/** A stream is dismissed by itself (see STREAM_DISMISSES_ITSELF): the chain tells what became of it. */
async function outcomeOfPull(
  guest: Guest,
  { type, disk, close }: BlockJobRecord,
): Promise<string | undefined> {
  if (type !== 'pull') return undefined;
  const { images } = await findChain(guest, disk);
  const left = images.filter(({ file }) => close.includes(file)).length;
  return left === 0 ? undefined : 'it ended before all was copied, and QEMU no longer tells why';
}

/** What QEMU still has open is in use, whatever was planned. */
async function removeCommitted(guest: Guest, { remove }: BlockJobRecord): Promise<void> {
  if (remove.length === 0) return;
  const open = new Set((await queryOpenImages(guest)).all.map(({ file }) => file));
  for (const file of remove) {
    const found = await lstat(file).catch(() => undefined);
    if (found?.isFile() && !open.has(file)) await rm(file, { force: true });
  }
}

/**
 * Has the guest go on in the image that a job keeps equal to its disk's; what checkpoints have recorded goes along.
 * @param record of an active commit or a copy that is ready.
 */
export async function pivotBlockJob(guest: Guest, record: BlockJobRecord): Promise<void> {
  const { images, graph } = await findChain(guest, record.disk);
  const { all } = await queryOpenImages(guest);
  const [copy] = record.nodes;
  const into = copy ? all.find(({ node }) => node === copy) : images.find(({ file }) => file === record.to);
  if (into) {
    const stays = new Set(graph.chainOf(into.node));
    await carryBitmaps(
      guest,
      images,
      images.filter(({ node }) => !stays.has(node)),
      into,
    );
  }
  await guest.qmp.execute('job-complete', { id: record.id });
}

/** Tells a job to end: one that keeps two images equal stops doing so, leaving the copy as it is now; others give up. */
export async function stopBlockJob({ qmp }: Guest, id: string, ready: boolean): Promise<void> {
  try {
    // job-cancel would be forced, and leave the copy as it happens to be.
    if (ready) await qmp.execute('block-job-cancel', { device: id });
    else await qmp.execute('job-cancel', { id });
  } catch (error) {
    // It has ended by itself in the meantime.
    if (!(error instanceof CommandFailure)) throw error;
    const job = await findJob(qmp, id);
    if (job && !['concluded', 'null', 'aborting', 'pending', 'waiting'].includes(job.status)) throw error;
  }
}
