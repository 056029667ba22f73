import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
  VIR_ERR_OPERATION_FAILED,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { call, QmpError } from '../qmp/index.js';
import { takeInBackground } from './background.js';
import { completeSnapshot } from './completion.js';
import { makePrivateFolder } from './durable-file.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { guestSize } from './guest-size.js';
import { takeInternalDisks, takeInternalFull } from './internal.js';
import { Journal, type JournalRecord, type MemoryMethod } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import type { MemoryOperation, MemoryTaken } from './memory-operation.js';
import { MemoryPipe } from './memory-pipe.js';
import { type MendReport, mend } from './mend.js';
import { mendWithoutQemu } from './mend-without-qemu.js';
import { chooseMethod, type Method, type MethodChoice, prepareMethod } from './method.js';
import {
  type MigrationSettings,
  readMigrationSettings,
  restoreMigrationSettings,
} from './migration-settings.js';
import type { StreamProgress } from './migration-watch.js';
import {
  addOverlayNode,
  checkOverlayFiles,
  createOverlayFile,
  describeOverlays,
  switchActions,
} from './overlay.js';
import { partialName } from './partial-name.js';
import type { Pause } from './pause.js';
import type { SnapshotPlan } from './plan.js';
import { takePrecopy } from './precopy.js';
import { Quiesce } from './quiesce.js';
import { settleCutOff } from './settle.js';
import { describeFailure, Sink, SinkError } from './sink.js';
import { takeStopped } from './stopped.js';

export interface TakeOptions {
  /** VIR_DOMAIN_SNAPSHOT_CREATE_*. */
  readonly flags: number;
  readonly method?: Method | undefined;
  /** The snapshot's document, to be stored; null for none (--no-metadata). */
  readonly xml: string | null;
  readonly running: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: StreamProgress) => void;
}

/** What a snapshot cost. */
export interface SnapshotTaken {
  readonly method: MemoryMethod;
  readonly reason: string;
  /** How long the guest stood still; undefined if it did not run before. */
  readonly pause: Pause | undefined;
  /** Bytes of memory sent. */
  readonly bytes: number;
  readonly passes: number;
  readonly milliseconds: number;
}

/** A snapshot failed, and what was begun has been undone (or could not be, see `mended`). */
export class TakeFailure extends Error {
  override readonly name = 'TakeFailure';

  constructor(
    cause: unknown,
    /** Undefined if mending failed as well; the journal is then still there. */
    readonly mended: MendReport | undefined,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const refused = (text: string): HypervisorError =>
  new HypervisorError(text, { code: VIR_ERR_OPERATION_FAILED });

/**
 * Takes a planned snapshot. Everything that can be refused is refused before the guest is touched; whatever fails
 * later is undone before this returns.
 * @throws HypervisorError refused; TakeFailure failed and mended; or the signal's reason, as TakeFailure's cause.
 */
export async function takeSnapshot(
  guest: Guest,
  plan: SnapshotPlan,
  options: TakeOptions,
): Promise<SnapshotTaken> {
  const started = performance.now();
  await checkOverlayFiles(plan.external);
  if (plan.memoryFile !== undefined) await checkMemoryFile(plan.memoryFile);
  await makePrivateFolder(guest.folder);

  const settings = await readMigrationSettings(guest.qmp);
  const size = await guestSize(guest.qmp);
  const memorySize = size.memory;
  let choice: MethodChoice | undefined =
    plan.memory === 'external'
      ? await chooseMethod(guest, settings, {
          live: (options.flags & VIR_DOMAIN_SNAPSHOT_CREATE_LIVE) !== 0,
          running: options.running,
          asked: options.method,
          memorySize,
          signal: options.signal,
        })
      : undefined;
  const planned = choice?.method ?? (plan.memory === 'internal' ? 'internal' : 'none');
  options.signal.throwIfAborted();

  const guardian = await Guardian.start(guest.folder, options.signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(guest.folder, {
      ...(await firstRecord(guest, plan, options, planned, guardian)),
      size,
    });
    if (choice) {
      await journal.update({ migration: settings });
      choice = await prepareMethod(guest, journal, settings, choice);
    }
    const { method } = journal.record;
    const taken = await carryOut(guest, plan, options, journal, { settings, memorySize, method });
    if (journal.record.migration) await restoreMigrationSettings(guest.qmp, settings);
    await completeSnapshot(journal);
    if (journal.record.halt) await quit(guest);
    await journal.end();
    guardian.dismiss();
    return {
      method,
      reason: choice?.reason ?? '',
      pause: options.running ? taken.pause : undefined,
      bytes: taken.transferred,
      passes: taken.passes,
      milliseconds: performance.now() - started,
    };
  } catch (error) {
    if (!journal) {
      guardian.dismiss();
      throw error;
    }
    throw new TakeFailure(error, await settleCutOff(guest, journal, guardian, mend, mendWithoutQemu));
  }
}

async function checkMemoryFile(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (found) throw refused(`memory snapshot file '${file}' already exists`);
  const folder = await lstat(dirname(file)).catch(() => undefined);
  if (!folder) throw refused(`Failed to create file '${file}': No such file or directory`);
}

async function firstRecord(
  guest: Guest,
  plan: SnapshotPlan,
  options: TakeOptions,
  method: MemoryMethod,
  guardian: Guardian,
): Promise<JournalRecord> {
  const { memoryFile } = plan;
  return {
    ...(await beginRecord(guest, guardian, 'snapshot-create')),
    snapshot: plan.name,
    method,
    wasRunning: options.running,
    halt: (options.flags & VIR_DOMAIN_SNAPSHOT_CREATE_HALT) !== 0,
    overlays: describeOverlays(plan.external),
    memory:
      memoryFile === undefined
        ? null
        : {
            partial: partialName(memoryFile),
            final: memoryFile,
            sink: null,
            report: join(guest.folder, `sink-${randomBytes(6).toString('hex')}.json`),
          },
    internal: plan.internal.map(({ disk, medium }) => ({
      disk: disk.target,
      node: medium.node,
      file: medium.file,
    })),
    snapshotXml: options.xml,
  };
}

interface Decided {
  readonly settings: MigrationSettings;
  readonly memorySize: number;
  readonly method: MemoryMethod;
}

async function carryOut(
  guest: Guest,
  plan: SnapshotPlan,
  options: TakeOptions,
  journal: Journal,
  { settings, memorySize, method }: Decided,
): Promise<MemoryTaken> {
  if (method === 'internal') return takeInternalFull(guest, plan, journal, options.signal);
  if (plan.internal.length > 0) {
    await frozen(guest, options, journal, () => takeInternalDisks(guest, plan, journal));
    return ofDisksAlone(journal);
  }
  const { overlays } = journal.record;
  const prepareOverlays = async (): Promise<void> => {
    for (const [index, external] of plan.external.entries()) {
      const overlay = overlays[index];
      if (!overlay) throw new Error('an overlay is missing from the journal');
      if (overlay.created) await createOverlayFile(guest, external);
      await addOverlayNode(guest, external, overlay, options.signal);
    }
  };
  if (method === 'none') {
    await prepareOverlays();
    return switchDisks(guest, options, journal);
  }
  const [sink] = await allSettled([startSink(guest, journal, memorySize, options.signal), prepareOverlays()]);
  const operation: MemoryOperation = {
    guest,
    journal,
    overlays,
    streamUri: sink.uri,
    settings,
    memorySize,
    signal: options.signal,
    onProgress: (progress) => options.onProgress?.(progress),
  };
  const take = { background: takeInBackground, precopy: takePrecopy, stopped: takeStopped }[method];
  const taken = await take(operation);
  await journal.update({ step: 'finishing' });
  const report = await sink.report(AbortSignal.timeout(60_000));
  if (report.failure)
    throw new Error(`cannot write '${plan.memoryFile}': ${describeFailure(report.failure)}`);
  options.signal.throwIfAborted();
  return taken;
}

/** All of them, even if one fails: what one of them has begun must have ended before anything is undone. */
export async function allSettled<T extends readonly unknown[]>(
  steps: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const results = await Promise.allSettled(steps as readonly Promise<unknown>[]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

async function startSink(
  guest: Guest,
  journal: Journal,
  memorySize: number,
  signal: AbortSignal,
): Promise<Sink> {
  const { memory } = journal.record;
  if (!memory) throw new Error('no memory image is planned');
  // A background image is never larger than what the guest has touched; nor, nearly, is any other.
  const resident = guest.process?.resident ?? memorySize;
  const sink = await Sink.start(
    {
      file: memory.partial,
      reserve: Math.min(memorySize, resident),
      report: memory.report,
      owner:
        guest.process && process.getuid?.() === 0 ? { uid: guest.process.uid, gid: guest.process.gid } : null,
    },
    await MemoryPipe.open(guest.qmp, signal),
    signal,
  ).catch((error: unknown) => {
    // The name that it is to have says more than the one that it has meanwhile.
    throw error instanceof SinkError
      ? new SinkError(error.message.replaceAll(memory.partial, memory.final), { cause: error })
      : error;
  });
  await journal.update({ memory: { ...memory, sink: sink.process } });
  return sink;
}

/** Disks alone: one transaction. */
export async function switchDisks(
  guest: Guest,
  options: Pick<TakeOptions, 'flags' | 'signal'>,
  journal: Journal,
): Promise<MemoryTaken> {
  await frozen(guest, options, journal, async () => {
    await journal.update({ step: 'switching' });
    const [transaction] = await guest.qmp.executeTogether([
      call('transaction', { actions: switchActions(journal.record.overlays) }),
    ]);
    if (transaction.status === 'rejected') throw transaction.reason;
  });
  return ofDisksAlone(journal);
}

async function ofDisksAlone(journal: Journal): Promise<MemoryTaken> {
  await journal.update({ step: 'finishing' });
  return { pause: { milliseconds: 0, stops: 0, resumes: 0 }, transferred: 0, passes: 0 };
}

/** Does something while the guest's file systems are frozen, if that was asked for; they are thawed whatever happens. */
async function frozen(
  guest: Guest,
  { flags, signal }: Pick<TakeOptions, 'flags' | 'signal'>,
  journal: Journal,
  work: () => Promise<void>,
): Promise<void> {
  if ((flags & VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE) === 0) return work();
  const quiesce = new Quiesce(guest, journal);
  try {
    await quiesce.freeze(signal);
    await work();
  } finally {
    await quiesce.thaw();
  }
}

/** Ends the guest; QEMU may close the monitor before it answers. */
async function quit({ qmp }: Guest): Promise<void> {
  await qmp.execute('quit').catch((error: unknown) => {
    if (!(error instanceof QmpError)) throw error;
  });
}
