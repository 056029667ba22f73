import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../hypervisor/index.js';
import { ConnectError } from '../qmp/index.js';
import { connectGuest } from './connect-guest.js';
import type { Guest } from './guest.js';
import { Journal, type JournalRecord } from './journal.js';
import { type MendReport, mend } from './mend.js';
import { mendDelete, mendDeleteWithoutQemu } from './mend-delete.js';
import { mendDump, mendDumpWithoutQemu } from './mend-dump.js';
import { mendInternal, mendInternalWithoutQemu } from './mend-internal.js';
import { mendLibvirt } from './mend-libvirt.js';
import { mendWithoutQemu } from './mend-without-qemu.js';
import { leaveNotice } from './notice.js';
import { isAlive } from './process-identity.js';
import { mendCheckpoint, mendCheckpointWithoutQemu } from './quiesced-checkpoint.js';
import { mendRelaunch } from './relaunch-mend.js';
import { mendSave, mendSaveWithoutQemu } from './save-mend.js';

export interface RecoverOptions {
  /** Milliseconds to wait for the monitor to come free, and for an agent to answer. */
  readonly patience: number;
  /** We are the operation's guardian, and have been told that nobody else ends it: whoever began it is dead or gave up. */
  readonly inCharge?: boolean;
  /** Opens a connection of libvirt's, for operations that went through it. */
  readonly connect?: (uri: string) => Promise<Connection>;
}

export type RecoverResult =
  | { readonly outcome: 'nothing' }
  /** Another snapctl is at it. */
  | { readonly outcome: 'busy'; readonly record: JournalRecord }
  | {
      readonly outcome: 'undone' | 'completed' | 'stopped' | 'ended';
      readonly record: JournalRecord;
      readonly actions: readonly string[];
    };

/** Mends what a dead run left of an operation on a domain. @throws QmpError and others: the journal is kept. */
export async function recoverDomain(folder: string, options: RecoverOptions): Promise<RecoverResult> {
  const journal = await Journal.resume(folder);
  if (!journal) return { outcome: 'nothing' };
  const { record } = journal;
  if (!options.inCharge && (await inOtherHands(record))) return { outcome: 'busy', record };
  if (record.libvirt) {
    return conclude(journal, await mendThroughLibvirt(journal, record.libvirt.uri, options));
  }
  if (record.relaunch) {
    return conclude(journal, await mendRelaunch(journal, { patience: options.patience }));
  }
  const guest = await connect(record, options.patience);
  try {
    const report = guest
      ? await mendOperation(guest, journal, options.patience)
      : { outcome: 'ended' as const, actions: await mendOperationWithoutQemu(journal) };
    return await conclude(journal, report);
  } finally {
    await guest?.qmp.disconnect();
  }
}

/** Word of it comes first: whoever finds no record any more finds that. */
async function conclude(
  journal: Journal,
  report: MendReport,
): Promise<MendReport & { readonly record: JournalRecord }> {
  const { folder, record } = journal;
  try {
    await journal.freeSpare();
    await leaveNotice(folder, record, report);
  } finally {
    await journal.end();
  }
  return { ...report, record };
}

async function mendThroughLibvirt(
  journal: Journal,
  uri: string,
  { connect }: RecoverOptions,
): Promise<MendReport> {
  if (!connect) throw new Error(`nobody knows how to open ${uri}`);
  const connection = await connect(uri);
  try {
    return await mendLibvirt(connection, journal);
  } finally {
    await connection.close();
  }
}

function mendOperation(guest: Guest, journal: Journal, patience: number): Promise<MendReport> {
  switch (journal.record.operation) {
    case 'snapshot-create':
    case 'archive-create':
      return mend(guest, journal, { thawPatience: patience });
    case 'checkpoint-create':
      return mendCheckpoint(guest, journal, patience);
    case 'dump':
      return mendDump(guest, journal);
    case 'save':
      return mendSave(guest, journal);
    case 'snapshot-delete':
      return journal.record.deletion ? mendDelete(guest, journal) : mendInternal(guest, journal);
    default:
      return mendInternal(guest, journal);
  }
}

function mendOperationWithoutQemu(journal: Journal): Promise<string[]> {
  switch (journal.record.operation) {
    case 'snapshot-create':
    case 'archive-create':
      return mendWithoutQemu(journal);
    case 'checkpoint-create':
      return mendCheckpointWithoutQemu();
    case 'dump':
      return mendDumpWithoutQemu(journal);
    case 'save':
      return mendSaveWithoutQemu(journal);
    case 'snapshot-delete':
      return journal.record.deletion ? mendDeleteWithoutQemu(journal) : mendInternalWithoutQemu(journal);
    default:
      return mendInternalWithoutQemu(journal);
  }
}

/** Whether the process that does the operation, or the guardian that mends it, is alive and is not us. */
async function inOtherHands({ controller, guardian }: JournalRecord): Promise<boolean> {
  for (const owner of [controller, guardian]) {
    if (owner && owner.pid !== process.pid && (await isAlive(owner))) return true;
  }
  return false;
}

/** The guest, or undefined if its QEMU is gone. A monitor that is taken is waited for. */
async function connect(record: JournalRecord, patience: number): Promise<Guest | undefined> {
  const deadline = performance.now() + patience;
  for (;;) {
    // A QEMU that was started on the same socket since is another one: its disks are not ours to switch.
    if (record.qemu && !(await isAlive(record.qemu))) return undefined;
    try {
      return await connectGuest(record.socket, {
        timeout: Math.max(1000, Math.min(10_000, deadline - performance.now())),
        agentSocket: record.agentSocket ?? undefined,
      });
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      if (error.reason === 'missing' || error.reason === 'refused') return undefined;
      if (performance.now() > deadline) throw error;
      await delay(100);
    }
  }
}
