import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectError, QmpClient } from '../qmp/index.js';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.js';
import type { LaunchRecord } from './relaunch-record.js';

/** In the new QEMU's environment, so that it is found even if we die before its number is written down. */
const MARK = 'SNAPCTL_RELAUNCH';
/** Filling huge pages or many GiB of memory takes its time. */
const START_DEADLINE_MS = 120_000;
/** How long QEMU takes to end over a stream that it can't read. */
const LAST_BREATH_MS = 500;
const END_PATIENCE_MS = 15_000;

/** The new QEMU ended, or never answered; the message holds what it said. */
export class RelaunchError extends Error {
  override readonly name = 'RelaunchError';
}

/** A QEMU that we have started to take another one's place. */
export class RelaunchedQemu {
  readonly process: ProcessIdentity;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly ended: Promise<void>;

  private constructor(process: ProcessIdentity, child: ChildProcess, log: string, ended: Promise<void>) {
    this.process = process;
    this.#child = child;
    this.#log = log;
    this.ended = ended;
  }

  /**
   * @param id what the process is found by, see findRelaunched.
   * @param log file for what it says on standard error.
   * @throws RelaunchError
   */
  static async start(
    launch: LaunchRecord,
    words: readonly string[],
    id: string,
    log: string,
  ): Promise<RelaunchedQemu> {
    const errors = await open(log, 'w', 0o600);
    try {
      const [program, ...rest] = asItsUser(launch, [launch.program, ...words]);
      const child = spawn(program as string, rest, {
        cwd: launch.cwd,
        env: { ...launch.environment, [MARK]: id },
        detached: true,
        stdio: ['ignore', 'ignore', errors.fd],
      });
      const ended = new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.once('error', () => resolve());
      });
      const failed = once(child, 'error').then(([error]) => error as Error);
      failed.catch(() => undefined);
      const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
      if (!identity) {
        const reason = child.pid === undefined ? (await failed).message : await lastWords(log);
        throw new RelaunchError(`QEMU did not start: ${reason}`);
      }
      child.unref();
      return new RelaunchedQemu(identity, child, log, ended);
    } finally {
      await errors.close();
    }
  }

  /** Its monitor, once it answers. */
  async connect(socket: string, signal: AbortSignal): Promise<QmpClient> {
    const deadline = performance.now() + START_DEADLINE_MS;
    for (;;) {
      signal.throwIfAborted();
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw await this.failure();
      try {
        return await QmpClient.connect(socket, { timeout: 2_000, signal });
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        if (performance.now() > deadline)
          throw new RelaunchError(`the new QEMU does not answer: ${error.message}`);
        // Nothing tells when a socket comes to be.
        await delay(10);
      }
    }
  }

  /** Whether it has ended, or does at once. */
  endedSoon(): Promise<boolean> {
    const patience = new Promise<false>((done) => {
      setTimeout(() => done(false), LAST_BREATH_MS).unref();
    });
    return Promise.race([this.ended.then(() => true), patience]);
  }

  /** What to say of it now that it has ended or failed. */
  async failure(): Promise<RelaunchError> {
    return new RelaunchError(`the new QEMU ended: ${await lastWords(this.#log)}`);
  }

  /** All went well: what it says from now on goes nowhere. */
  async forgetLog(): Promise<void> {
    await rm(this.#log, { force: true });
  }
}

async function lastWords(log: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  return (
    text
      .trim()
      .split('\n')
      .slice(-3)
      .map((line) => line.replace(/^.*?qemu[^ ]*: /, ''))
      .join('; ') || 'it said nothing'
  );
}

/** As root, a QEMU of another user is started as that user, with the same groups (/dev/kvm is a matter of a group). */
function asItsUser({ uid, gid, groups }: LaunchRecord, command: readonly string[]): string[] {
  if (process.getuid?.() !== 0 || (uid === 0 && gid === 0)) return [...command];
  const list = groups.length > 0 ? ['--groups', groups.join(',')] : ['--clear-groups'];
  return ['setpriv', '--reuid', String(uid), '--regid', String(gid), ...list, '--', ...command];
}

/** Every process that was started under this id. */
export async function findRelaunched(id: string): Promise<ProcessIdentity[]> {
  const found: ProcessIdentity[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
    if (!environment.split('\0').includes(`${MARK}=${id}`)) continue;
    const identity = await identifyProcess(Number(entry));
    if (identity) found.push(identity);
  }
  return found;
}

/** Ends a process for certain. It may be somebody else's child. */
export async function killProcess(target: ProcessIdentity): Promise<void> {
  if (await isAlive(target)) signalProcess(target, 'SIGKILL');
  await goneWithin(target, END_PATIENCE_MS);
}

/** Lets QEMU close its images and end, and ends it if it doesn't. */
export async function endProcess(target: ProcessIdentity, { asked = false } = {}): Promise<void> {
  if (!asked && (await isAlive(target))) signalProcess(target, 'SIGTERM');
  if (await goneWithin(target, END_PATIENCE_MS)) return;
  await killProcess(target);
}

function signalProcess({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function goneWithin(target: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (await isAlive(target)) {
    if (performance.now() > deadline) return false;
    await delay(5);
  }
  return true;
}
