import { randomBytes } from 'node:crypto';
import { lstat, readlink, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_RESTORED,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_QEMU,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { rewriteArgv } from './argv-relaunch.js';
import { makePrivateFolder } from './durable-file.js';
import { Guardian } from './guardian.js';
import { Journal, type JournalRecord } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import { processBehind } from './qemu-process.js';
import type { JournalRelaunch } from './relaunch-journal.js';
import { loadMemory } from './relaunch-load.js';
import { finishRelaunch, mendRelaunch } from './relaunch-mend.js';
import { describePaths } from './relaunch-paths.js';
import { RelaunchedQemu } from './relaunch-process.js';
import { programIsThere } from './relaunch-record.js';
import { thawIfFrozen } from './relaunch-thaw.js';
import { writeRunReason } from './run-reason.js';
import { changedDisks, NotASave, readSave, type SavedGuest } from './save-file.js';
import { settle } from './settle.js';
import { domainStateFolder } from './state-folder.js';

const MEND_PATIENCE_MS = 15_000;

export interface RestoreOptions {
  /** Whether the guest is to run; undefined: as was decided when it was saved. */
  readonly running: boolean | undefined;
  readonly signal: AbortSignal;
}

const failed = (text: string, cause?: unknown): HypervisorError =>
  new HypervisorError(`operation failed: ${text}`, {
    code: VIR_ERR_OPERATION_FAILED,
    domain: VIR_FROM_QEMU,
    cause,
  });

const unsupported = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, {
    code: VIR_ERR_CONFIG_UNSUPPORTED,
    domain: VIR_FROM_QEMU,
  });

/** Whether a file is a guest that saveMemory has written. */
export async function isSavedGuest(file: string): Promise<boolean> {
  try {
    await readSave(file);
    return true;
  } catch (error) {
    if (error instanceof NotASave || 'code' in (error as object)) return false;
    throw error;
  }
}

/**
 * Starts a QEMU like the one that was saved, on the same disks and sockets, and has it go on where that one ended.
 * @returns the guest's name.
 * @throws HypervisorError; nothing has been started then, and the disks are as they were.
 */
export async function restoreSaved(file: string, options: RestoreOptions): Promise<string> {
  const { guest, streamLength } = await read(file);
  const changed = await changedDisks(guest.disks);
  if (changed.length > 0) {
    throw failed(
      `memory no longer fits what is on the disks since '${file}' was saved: ${changed.join('; ')}`,
    );
  }
  const { words, paths } = await commandLine(guest);
  const folder = await domainStateFolder(guest.socket);
  await makePrivateFolder(folder);
  const guardian = await Guardian.start(folder, options.signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(folder, await firstRecord(guest, file, paths, folder, guardian, options));
    await start(guest, file, streamLength, words, journal, options);
    await journal.end();
    guardian.dismiss();
  } catch (error) {
    if (!journal) {
      guardian.dismiss();
      throw error;
    }
    const mended = await settle(journal, guardian, (left) =>
      mendRelaunch(left, { patience: MEND_PATIENCE_MS }),
    );
    if (mended?.outcome === 'completed') return guest.domain;
    options.signal.throwIfAborted();
    const text = error instanceof Error ? error.message : String(error);
    throw failed(mended ? text : `${text}; undoing what was begun failed too: run snapctl recover`, error);
  }
  const runs = options.running ?? guest.running;
  if (runs) await rememberRestored(guest.socket, folder);
  if (runs && guest.agentSocket !== null) await thawIfFrozen(guest.agentSocket);
  return guest.domain;
}

/** That the reason can't be remembered is no failure: it will be the usual one of a guest that runs. */
async function rememberRestored(socket: string, folder: string): Promise<void> {
  const qemu = await processBehind(socket);
  const state = { state: VIR_DOMAIN_RUNNING, reason: VIR_DOMAIN_RUNNING_RESTORED };
  if (qemu) await writeRunReason(folder, { qemu, ...state }).catch(() => undefined);
}

async function read(file: string): ReturnType<typeof readSave> {
  try {
    return await readSave(file);
  } catch (error) {
    if (error instanceof NotASave) throw failed('image magic is incorrect', error);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw failed(`Failed to open file '${file}': No such file or directory`, error);
    throw error;
  }
}

async function commandLine(guest: SavedGuest): Promise<{ words: readonly string[]; paths: string[] }> {
  const { launch, disks } = guest;
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0 && uid !== launch.uid) {
    throw unsupported(`the guest was run by user ${launch.uid}, and we are ${uid}`);
  }
  if (!(await programIsThere(launch.program))) throw unsupported(`'${launch.program}' is not there any more`);
  const result = rewriteArgv({
    words: launch.words,
    machine: launch.machine,
    cwd: launch.cwd,
    version: launch.qemuVersion,
    alone: true,
    incoming: true,
    disks: disks.map(({ target, names, chain, file, format }) => ({
      target,
      names,
      chain,
      image: { file, format },
    })),
  });
  if ('refusals' in result) {
    throw unsupported(result.refusals.map(({ part, reason }) => `${part}: ${reason}`).join('; '));
  }
  const paths: string[] = [];
  for (const path of result.paths) {
    const full = resolve(launch.cwd, path);
    await checkFree(guest, full);
    paths.push(await realpath(full).catch(() => full));
  }
  return { words: result.words, paths };
}

/** A socket or pid file that a dead QEMU left is no obstacle, one of a QEMU that lives is. */
async function checkFree({ domain }: SavedGuest, path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isSocket()) return;
  const owner = await processBehind(path);
  if (!owner) return;
  const program = await readlink(`/proc/${owner.pid}/exe`).catch(() => 'a program');
  throw new HypervisorError(
    `Requested operation is not valid: domain '${domain}' is already active: ${program} (pid ${owner.pid}) listens on '${path}'`,
    { code: VIR_ERR_OPERATION_INVALID, domain: VIR_FROM_QEMU },
  );
}

async function firstRecord(
  guest: SavedGuest,
  file: string,
  paths: readonly string[],
  folder: string,
  guardian: Guardian,
  { running }: RestoreOptions,
): Promise<JournalRecord> {
  const id = `snapctl-${randomBytes(6).toString('hex')}`;
  // What dead processes left is in the way of nobody, but would be taken for something to be put back.
  for (const path of paths) await rm(path, { force: true });
  const relaunch: JournalRelaunch = {
    id,
    process: null,
    paths: await describePaths(paths, id),
    created: [],
    discard: [],
    log: join(folder, `${id}.log`),
    socketFolder: join(tmpdir(), id),
    deferred: [],
    opened: 0,
  };
  return {
    ...(await beginRecord({ ...guest, name: guest.domain }, guardian, 'restore')),
    snapshot: file,
    wasRunning: false,
    leaveRunning: running ?? guest.running,
    relaunch,
  };
}

async function start(
  { launch, socket }: SavedGuest,
  file: string,
  streamLength: number,
  words: readonly string[],
  journal: Journal,
  { signal }: RestoreOptions,
): Promise<void> {
  const { relaunch } = journal.record;
  if (!relaunch) throw new Error('the journal is of no relaunch');
  const fresh = await RelaunchedQemu.start(launch, words, relaunch.id, relaunch.log);
  await journal.update({ step: 'streaming', relaunch: { ...relaunch, process: fresh.process } });
  const qmp = await fresh.connect(socket, signal);
  try {
    await loadMemory(qmp, file, {
      folder: relaunch.socketFolder,
      length: streamLength,
      owner: launch,
      signal,
    }).catch(async (error: unknown) => {
      throw (await fresh.endedSoon()) ? await fresh.failure() : error;
    });
    await journal.update({ step: 'finishing' });
    await finishRelaunch(journal, fresh.process, MEND_PATIENCE_MS, qmp);
  } finally {
    await qmp.disconnect();
  }
}
