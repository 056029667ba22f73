import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, constants, lstat, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findAgentPort } from '../agent/index.js';
import { archiveExports } from '../archive/archive-exports.js';
import { type ArchivedDisk, type ArchivedDomain, readArchivedDomain } from '../archive/archived-domain.js';
import type { ArchiveReader } from '../archive/index.js';
import { NbdServer } from '../archive/nbd-server.js';
import { VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_OPERATION_FAILED } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { type QmpClient, TimeoutError } from '../qmp/index.js';
import { type ArgvChange, adaptArgv, isQemu } from './archive-argv.js';
import { rewriteArgv } from './argv-relaunch.js';
import { loadStream } from './relaunch-load.js';
import { endProcess, RelaunchedQemu } from './relaunch-process.js';
import type { LaunchRecord } from './relaunch-record.js';
import { thawIfFrozen } from './relaunch-thaw.js';

const QEMU_IMG_TIMEOUT_MS = 60_000;
const QUIT_DEADLINE_MS = 15_000;

export interface BootOptions {
  /** Where the new QEMU's monitor is to be; beside its other sockets if left out. */
  readonly qmpSocket?: string | undefined;
  readonly network?: 'none' | 'user' | undefined;
  /** Bytes of memory, for archives without memory. */
  readonly ram?: number | undefined;
  /** Overlays that are kept, by the disks' names; `''` for the only disk. */
  readonly overlays?: ReadonlyMap<string, string> | undefined;
  /** More words for QEMU's command line. */
  readonly extra: readonly string[];
}

/** How a guest is started from an archive. */
export interface BootPlan {
  /** With the program first. */
  readonly command: readonly string[];
  readonly changes: readonly ArgvChange[];
  readonly qmpSocket: string;
  readonly overlays: readonly BootOverlay[];
  readonly cwd: string;
  readonly domain: ArchivedDomain;
}

interface BootOverlay {
  readonly disk: ArchivedDisk;
  readonly file: string;
  readonly keep: boolean;
}

const refused = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, { code: VIR_ERR_CONFIG_UNSUPPORTED });

const failed = (text: string, cause?: unknown): HypervisorError =>
  new HypervisorError(`operation failed: ${text}`, { code: VIR_ERR_OPERATION_FAILED, cause });

/**
 * Decides how the guest of an archive is started, without touching anything.
 * @param folder where sockets, logs and overlays that are not kept go.
 * @throws HypervisorError everything that stands against it, at once; ArchiveError
 */
export async function planBoot(
  archive: ArchiveReader,
  folder: string,
  options: BootOptions,
): Promise<BootPlan> {
  const domain = await readArchivedDomain(archive);
  const { launch } = domain;
  const { path } = archive.info;
  if (domain.origin === 'libvirt')
    throw refused(`'${path}' is of a guest of libvirt: use archive-restore with --define`);
  if (!launch) throw refused(`'${path}' holds no command line of QEMU: use archive-restore`);
  const incoming = domain.memory !== null;
  const against: string[] = [
    ...launch.plugged.map((id) => `device '${id}' was plugged in after the start`),
    ...launch.unplugged.map((id) => `device '${id}' had been unplugged`),
  ];
  if (incoming && options.ram !== undefined && options.ram !== domain.memory)
    against.push(`--ram: the archived memory has ${domain.memory} bytes, and no other size can take it`);
  const program = await findProgram(launch.program);
  if (program === undefined) against.push(`'${launch.program}' is not there, or is no QEMU`);
  const qmpSocket = options.qmpSocket === undefined ? join(folder, 'qmp') : resolve(options.qmpSocket);
  if (await lstat(qmpSocket).catch(() => undefined)) against.push(`'${qmpSocket}' is there already`);
  const overlays = await planOverlays(domain, folder, options, against);
  const adapted = adaptArgv({
    words: launch.words,
    folder,
    qmpSocket,
    network: options.network,
    ram: incoming ? undefined : options.ram,
  });
  for (const file of adapted.needed) {
    const full = isAbsolute(file) ? file : join(launch.cwd, file);
    if (!(await stat(full).catch(() => undefined))) against.push(`'${full}' is not there`);
  }
  const rewritten = rewriteArgv({
    words: adapted.words,
    machine: launch.machine,
    cwd: launch.cwd,
    version: launch.version,
    alone: true,
    incoming,
    disks: overlays.map(({ disk, file }) => ({
      target: disk.target,
      names: disk.names,
      chain: disk.chain,
      image: { file, format: 'qcow2' },
    })),
  });
  const reasons = [...adapted.refusals, ...('refusals' in rewritten ? rewritten.refusals : [])];
  against.push(...new Set(reasons.map(({ part, reason }) => `${part}: ${reason}`)));
  if (against.length > 0 || 'refusals' in rewritten || program === undefined)
    throw refused(`'${path}' cannot be booted: ${against.join('; ')}`);
  const cwd = (await stat(launch.cwd).catch(() => undefined))?.isDirectory() ? launch.cwd : folder;
  return {
    command: [program, ...rewritten.words, ...options.extra],
    changes: adapted.changes,
    qmpSocket,
    overlays,
    cwd,
    domain,
  };
}

/** The program where it was, or one of its name on the PATH. */
async function findProgram(program: string): Promise<string | undefined> {
  if (!isQemu(program)) return undefined;
  const places = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  const candidates = [program, ...places.map((place) => join(place, basename(program)))];
  for (const candidate of candidates.filter(isAbsolute)) {
    const usable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable && (await isTrusted(candidate))) return candidate;
  }
  return undefined;
}

/** An archive names a program; it is run only if nobody but the system or we could have put it there. */
async function isTrusted(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return (found?.isFile() ?? false) && (found?.uid === 0 || found?.uid === process.getuid?.());
}

async function planOverlays(
  { disks, memory }: ArchivedDomain,
  folder: string,
  { overlays }: BootOptions,
  against: string[],
): Promise<readonly BootOverlay[]> {
  const named = new Map(overlays);
  const planned: BootOverlay[] = [];
  for (const disk of disks) {
    const plain = basename(disk.stream);
    const names = [disk.target, plain, ...(disks.length === 1 ? [''] : [])];
    const name = names.find((each) => named.has(each));
    const kept = name === undefined ? undefined : resolve(named.get(name) as string);
    if (name !== undefined) named.delete(name);
    if (kept !== undefined && (await lstat(kept).catch(() => undefined)))
      against.push(
        memory === null
          ? `'${kept}' is there already`
          : `'${kept}' is there already: memory fits an empty overlay only`,
      );
    planned.push({ disk, file: kept ?? join(folder, `${plain}.qcow2`), keep: kept !== undefined });
  }
  for (const name of named.keys())
    against.push(name === '' ? '--overlay must say which disk: NAME=FILE' : `no disk named '${name}'`);
  return planned;
}

/** A guest that runs from an archive. It ends when we do. */
export class BootedGuest {
  readonly plan: BootPlan;
  readonly process: { readonly pid: number };
  /** Whether its file systems were frozen, and have been thawed. */
  readonly thawed: boolean;
  readonly #qemu: RelaunchedQemu;
  readonly #server: NbdServer;
  readonly #folder: string;

  private constructor(
    plan: BootPlan,
    qemu: RelaunchedQemu,
    server: NbdServer,
    folder: string,
    thawed: boolean,
  ) {
    this.plan = plan;
    this.process = qemu.process;
    this.thawed = thawed;
    this.#qemu = qemu;
    this.#server = server;
    this.#folder = folder;
  }

  /**
   * Starts it. The archive stays open until close().
   * @param events what could not be read from the archive, later.
   * @throws HypervisorError, ArchiveError; nothing is left then.
   */
  static async start(
    archive: ArchiveReader,
    options: BootOptions,
    {
      signal,
      onFailure,
      onProgress,
    }: {
      readonly signal: AbortSignal;
      readonly onFailure?: (stream: string, error: Error) => void;
      readonly onProgress?: (done: number, total: number) => void;
    },
  ): Promise<BootedGuest> {
    const folder = await mkdtemp(join(tmpdir(), 'snapctl-boot-'));
    const made: string[] = [];
    let server: NbdServer | undefined;
    let qemu: RelaunchedQemu | undefined;
    try {
      const plan = await planBoot(archive, folder, options);
      server = await NbdServer.listen(
        join(folder, 'nbd'),
        archiveExports(archive, plan.domain.disks),
        onFailure ? { onFailure } : {},
      );
      for (const overlay of plan.overlays) {
        await createOverlay(overlay, server.socket);
        if (overlay.keep) made.push(overlay.file);
      }
      const [program, ...words] = plan.command;
      qemu = await RelaunchedQemu.start(
        launchRecord(plan, program as string),
        // Its disks are gone when we are: it must not stay behind, whatever ends us.
        ['--pdeathsig', 'TERM', '--', program as string, ...words],
        `boot-${randomBytes(6).toString('hex')}`,
        join(folder, 'log'),
      );
      const thawed = await goOn(archive, plan, folder, qemu, { signal, onProgress });
      return new BootedGuest(plan, qemu, server, folder, thawed);
    } catch (error) {
      if (qemu) await endProcess(qemu.process);
      await server?.close();
      for (const file of made) await rm(file, { force: true });
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Fulfilled when QEMU has ended. */
  get ended(): Promise<void> {
    return this.#qemu.ended;
  }

  /** Ends QEMU if it runs, and removes everything that is not kept. */
  async close(): Promise<void> {
    await endProcess(this.#qemu.process);
    await this.#server.close();
    await rm(this.plan.qmpSocket, { force: true });
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Has it load its memory, and lets it run if it ran. @returns whether it was frozen. */
async function goOn(
  archive: ArchiveReader,
  { domain, qmpSocket }: BootPlan,
  folder: string,
  qemu: RelaunchedQemu,
  {
    signal,
    onProgress,
  }: {
    readonly signal: AbortSignal;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<boolean> {
  const qmp = await qemu.connect(qmpSocket, signal);
  try {
    if (domain.memory !== null) await load(archive, qmp, qemu, folder, { signal, onProgress });
    if (domain.running || domain.memory === null) await qmp.execute('cont');
    if (!domain.frozen || !domain.running) return false;
    return await thawIfFrozen((await findAgentPort(qmp))?.path);
  } finally {
    await qmp.disconnect();
  }
}

async function load(
  archive: ArchiveReader,
  qmp: QmpClient,
  qemu: RelaunchedQemu,
  folder: string,
  {
    signal,
    onProgress,
  }: {
    readonly signal: AbortSignal;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<void> {
  let unreadable: Error | undefined;
  try {
    await loadStream(
      qmp,
      () =>
        archive.readable('memory').on('error', (error) => {
          if (error.name !== 'AbortError') unreadable ??= error;
        }),
      archive.stream('memory').size,
      { folder: join(folder, 'in'), owner: null, signal, ...(onProgress ? { onProgress } : {}) },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (unreadable) throw unreadable;
    throw failed(((await qemu.endedSoon()) ? await qemu.failure() : (error as Error)).message, error);
  }
}

/** An empty overlay on what our server offers of a disk. */
async function createOverlay({ disk, file }: BootOverlay, socket: string): Promise<void> {
  const backing = `nbd+unix:///${encodeURIComponent(disk.stream)}?socket=${encodeURIComponent(socket)}`;
  const words = [
    'create',
    '-q',
    '-u',
    '-f',
    'qcow2',
    '-b',
    backing,
    '-F',
    'raw',
    '--',
    file,
    String(disk.size),
  ];
  await promisify(execFile)('qemu-img', words, { timeout: QEMU_IMG_TIMEOUT_MS });
}

function launchRecord({ cwd, domain }: BootPlan, program: string): LaunchRecord {
  return {
    version: 1,
    program: 'setpriv',
    words: [],
    cwd,
    environment: Object.fromEntries(
      Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
    machine: domain.launch?.machine ?? '',
    qemuVersion: domain.launch?.version ?? program,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    groups: [],
    disks: [],
    plugged: [],
    unplugged: [],
  };
}

/** Asks a booted guest's QEMU to end. */
export async function quitGuest({ plan, ended }: BootedGuest): Promise<void> {
  const { QmpClient } = await import('../qmp/index.js');
  const qmp = await QmpClient.connect(plan.qmpSocket, { timeout: QUIT_DEADLINE_MS }).catch(() => undefined);
  // It may close the monitor before it answers.
  await qmp?.execute('quit').catch(() => undefined);
  await qmp?.disconnect();
  const late = new TimeoutError('QEMU does not end', QUIT_DEADLINE_MS);
  await Promise.race([
    ended,
    new Promise<void>((_, reject) => setTimeout(() => reject(late), QUIT_DEADLINE_MS).unref()),
  ]).catch(() => undefined);
}
