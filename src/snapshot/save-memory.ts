import { randomBytes } from 'node:crypto';
import { chmod, lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_QEMU,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { rewriteArgv } from './argv-relaunch.js';
import { makePrivateFolder } from './durable-file.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { disksOf } from './guest-disks.js';
import { Journal, type JournalMemory, type JournalRecord } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import { STALLED_MS } from './memory-operation.js';
import { MemoryPipe } from './memory-pipe.js';
import { prepareMigration, readMigrationSettings } from './migration-settings.js';
import { MigrationWatch, type StreamProgress } from './migration-watch.js';
import { type LaunchRecord, readLaunch } from './relaunch-record.js';
import { settledRunState } from './run-state.js';
import { appendDescription, identifyDisk, type SavedDisk } from './save-file.js';
import { finishSave, mendSave, mendSaveWithoutQemu } from './save-mend.js';
import { settleCutOff } from './settle.js';
import { Sink } from './sink.js';

export interface SaveOptions {
  /** Whether the guest is to run once restored; undefined: as it does now. */
  readonly runAfterwards: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: StreamProgress) => void;
}

const failed = (text: string, cause?: unknown): HypervisorError =>
  new HypervisorError(`operation failed: ${text}`, {
    code: VIR_ERR_OPERATION_FAILED,
    domain: VIR_FROM_QEMU,
    cause,
  });

/**
 * Writes a guest's memory, and what is needed to start its like, to a file, and ends the guest. It stands still
 * meanwhile: it has no other time to go on.
 * @throws HypervisorError; the guest then does what it did before, and no file is left.
 */
export async function saveMemory(guest: Guest, file: string, options: SaveOptions): Promise<void> {
  const { running, status } = await guest.qmp.execute('query-status');
  if (['shutdown', 'guest-panicked', 'internal-error', 'inmigrate'].includes(status)) {
    throw new HypervisorError('Requested operation is not valid: domain is not running', {
      code: VIR_ERR_OPERATION_INVALID,
      domain: VIR_FROM_QEMU,
    });
  }
  await checkFile(file);
  const launch = await readLaunch(guest);
  const disks = await savedDisks(guest, launch);
  // What could not be restored is not ended.
  const rewritten = rewriteArgv({
    words: launch.words,
    machine: launch.machine,
    cwd: launch.cwd,
    version: launch.qemuVersion,
    alone: true,
    incoming: true,
    disks: disks.map(({ target, names, chain, file: image, format }) => ({
      target,
      names,
      chain,
      image: { file: image, format },
    })),
  });
  const against = [
    ...launch.plugged.map((id) => `device '${id}' was plugged in after the start`),
    ...launch.unplugged.map((id) => `device '${id}' had been unplugged`),
    ...('refusals' in rewritten ? rewritten.refusals.map(({ part, reason }) => `${part}: ${reason}`) : []),
  ];
  if (against.length > 0) {
    throw failed(`the guest could not be restored: ${against.join('; ')}`);
  }
  await makePrivateFolder(guest.folder);
  const guardian = await Guardian.start(guest.folder, options.signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(guest.folder, await firstRecord(guest, file, running, guardian));
    const { partial } = await stream(guest, journal, options);
    const identified: SavedDisk[] = [];
    for (const disk of disks) identified.push({ ...disk, identity: await identifyDisk(disk.file) });
    await appendDescription(partial, {
      version: 1,
      domain: guest.name,
      uuid: guest.uuid,
      socket: guest.socket,
      agentSocket: guest.agentSocket ?? null,
      running: options.runAfterwards ?? running,
      savedAt: new Date().toISOString(),
      launch,
      disks: identified,
    });
    await chmod(partial, 0o600);
    options.signal.throwIfAborted();
    await journal.update({ step: 'completing' });
    await guest.qmp.disconnect();
    await finishSave(journal);
    await journal.end();
    guardian.dismiss();
  } catch (error) {
    if (!journal) {
      guardian.dismiss();
      throw error;
    }
    const report = await settleCutOff(guest, journal, guardian, mendSave, mendSaveWithoutQemu);
    if (report?.outcome === 'completed') return;
    options.signal.throwIfAborted();
    const text = error instanceof Error ? error.message : String(error);
    throw failed(report ? text : `${text}; undoing what was begun failed too: run snapctl recover`, error);
  }
}

async function checkFile(file: string): Promise<void> {
  const found = await lstat(file).catch(() => undefined);
  if (found && !found.isFile()) throw failed(`'${file}' is not a file`);
  if (!(await lstat(dirname(file)).catch(() => undefined))) {
    throw failed(`Failed to create file '${file}': No such file or directory`);
  }
}

async function savedDisks(guest: Guest, launch: LaunchRecord): Promise<SavedDisk[]> {
  return (await disksOf(guest)).flatMap(({ target, names, medium }) => {
    if (!medium || medium.readonly) return [];
    const { file, format } = medium;
    // The command line names the image that the guest was started on, which may be below this one now.
    const chain = launch.disks.find((disk) => disk.target === target)?.chain ?? [file];
    return [{ target, names, chain, file, format, identity: undefined }];
  });
}

async function firstRecord(
  guest: Guest,
  file: string,
  running: boolean,
  guardian: Guardian,
): Promise<JournalRecord> {
  const suffix = randomBytes(6).toString('hex');
  return {
    ...(await beginRecord(guest, guardian, 'save')),
    snapshot: file,
    method: 'stopped',
    wasRunning: running,
    halt: true,
    memory: {
      partial: join(dirname(file), `.${basename(file).slice(0, 200)}.${suffix}.partial`),
      final: file,
      sink: null,
      report: join(guest.folder, `sink-${suffix}.json`),
    },
    migration: await readMigrationSettings(guest.qmp),
  };
}

/** Memory and devices into the file. From here the guest stands still. */
async function stream(
  guest: Guest,
  journal: Journal,
  { signal, onProgress }: SaveOptions,
): Promise<JournalMemory> {
  const { qmp, process: qemu } = guest;
  const { memory, migration, wasRunning } = journal.record;
  if (!memory || !migration) throw new Error('no file is planned');
  const sink = await Sink.start(
    {
      file: memory.partial,
      reserve: qemu?.resident ?? 0,
      report: memory.report,
      owner: qemu && process.getuid?.() === 0 ? { uid: qemu.uid, gid: qemu.gid } : null,
    },
    await MemoryPipe.open(qmp, signal),
    signal,
  );
  await journal.update({ memory: { ...memory, sink: sink.process } });
  await prepareMigration(qmp, migration, 'plain');
  const watch = new MigrationWatch(qmp);
  try {
    await journal.update({ step: 'switching' });
    if (wasRunning) await qmp.execute('stop', undefined, { signal });
    await qmp.execute('migrate', { uri: sink.uri }, { signal });
    const ended = await watch.untilEnded({
      stalled: STALLED_MS,
      signal,
      each: (_, progress) => onProgress?.(progress),
    });
    if (ended.status !== 'completed')
      throw new Error(`saving failed: ${ended['error-desc'] ?? ended.status}`);
    await settledRunState(qmp);
  } finally {
    watch.close();
  }
  const report = await sink.report(AbortSignal.timeout(60_000));
  if (report.failure) throw new Error(`cannot write '${memory.final}': ${report.failure}`);
  return memory;
}
