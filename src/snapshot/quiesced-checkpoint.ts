import { join } from 'node:path';
import { VIR_ERR_OPERATION_INVALID, VIR_FROM_QEMU } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { CommandFailure } from '../qmp/index.js';
import { DocumentStore } from './document-store.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { Journal, type JournalRecord } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import type { MendReport } from './mend.js';
import { Quiesce, thawGuest } from './quiesce.js';
import { settleCutOff } from './settle.js';

/** The folder of a guest's checkpoints in its state folder. */
export const checkpointFolder = (folder: string): string => join(folder, 'checkpoints');

/** A checkpoint that is to be made while the guest's file systems are frozen. */
export interface QuiescedCheckpoint {
  readonly name: string;
  /** The disks that get a bitmap of that name, which have none yet. */
  readonly disks: JournalRecord['internal'];
  /** Makes the bitmaps, all or none. */
  make(): Promise<void>;
  /** Stores the document. */
  keep(): Promise<void>;
}

/**
 * Makes a checkpoint with the guest's file systems frozen, which are thawed whatever happens, by the guardian if need be.
 * @throws HypervisorError there is no agent, or it doesn't answer; AgentError; CommandFailure: there is no checkpoint then.
 */
export async function makeQuiesced(guest: Guest, checkpoint: QuiescedCheckpoint): Promise<void> {
  // A guest that stands still would freeze later, when nobody waits for it any more.
  if (!(await guest.qmp.execute('query-status')).running) {
    throw new HypervisorError('Requested operation is not valid: domain is not running', {
      code: VIR_ERR_OPERATION_INVALID,
      domain: VIR_FROM_QEMU,
    });
  }
  // Nobody aborts this but by a signal to the process, whose end the guardian sees.
  const { signal } = new AbortController();
  const guardian = await Guardian.start(guest.folder, signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(guest.folder, {
      ...(await beginRecord(guest, guardian, 'checkpoint-create')),
      snapshot: checkpoint.name,
      wasRunning: true,
      internal: checkpoint.disks,
    });
    const quiesce = new Quiesce(guest, journal);
    try {
      await quiesce.freeze(signal);
      await journal.update({ step: 'switching' });
      await checkpoint.make();
    } finally {
      await quiesce.thaw();
    }
    await checkpoint.keep();
    await journal.end();
    guardian.dismiss();
  } catch (error) {
    if (!journal) guardian.dismiss();
    else await settleCutOff(guest, journal, guardian, mendCheckpoint, mendCheckpointWithoutQemu);
    throw error;
  }
}

/**
 * Ends the making of a checkpoint that was cut off: thaws, and takes bitmaps away that no document tells of.
 * @throws QmpError, AgentError and others; the journal is then still there, to try again.
 */
export async function mendCheckpoint(guest: Guest, journal: Journal, patience?: number): Promise<MendReport> {
  const { agentSocket, frozen, step, snapshot, internal } = journal.record;
  const actions: string[] = [];
  const completed = await isKept(journal);
  if (step === 'switching' && !completed) {
    for (const { node, disk } of internal) {
      const removed = await guest.qmp
        .execute('block-dirty-bitmap-remove', { node, name: snapshot })
        .then(() => true, isMissing);
      if (removed) actions.push(`removed bitmap '${snapshot}' of disk '${disk}'`);
    }
  }
  if (frozen && agentSocket !== null) {
    const thawed = await thawGuest(agentSocket, patience);
    await journal.update({ frozen: false });
    if (thawed > 0) actions.push(`thawed ${thawed} file systems of domain '${guest.name}'`);
  }
  return { outcome: completed ? 'completed' : 'undone', actions };
}

function isMissing(error: unknown): false {
  if (error instanceof CommandFailure) return false;
  throw error;
}

/** The same when the guest's QEMU is gone: bitmaps that it had not written are gone as well. */
export const mendCheckpointWithoutQemu = async (): Promise<string[]> => [];

const isKept = async ({ folder, record }: Journal): Promise<boolean> =>
  (await new DocumentStore(checkpointFolder(folder), nothingRead).find(record.snapshot)) !== undefined;

const nothingRead = () => ({ name: undefined, creationTime: undefined, parent: undefined });
