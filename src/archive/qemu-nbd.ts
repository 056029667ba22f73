import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NbdClient, NbdError } from './nbd-client.js';

const START_DEADLINE_MS = 30_000;

/**
 * Serves one image for reading by qemu-nbd, as QEMU's own export would: for images that no QEMU has open. One that
 * another process writes to is refused by its lock.
 */
export class ServedImage {
  readonly socket: string;
  readonly name = 'disk';
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(socket: string, child: ChildProcess, folder: string) {
    this.socket = socket;
    this.#child = child;
    this.#folder = folder;
  }

  /**
   * @param format never guessed: a guest can write what looks like a header into a raw image.
   * @param options place: folder to make a folder for its socket in.
   * @throws NbdError
   */
  static async start(
    file: string,
    format: string,
    { signal, place = tmpdir() }: { readonly signal?: AbortSignal; readonly place?: string } = {},
  ): Promise<ServedImage> {
    const folder = await mkdtemp(join(place, 'snapctl-'));
    const socket = join(folder, 'nbd');
    const words = ['--read-only', '--persistent', '--shared=2', '-k', socket, '-x', 'disk', '-f', format];
    // It must not outlive us: nobody may write to an image that it serves.
    const program = ['--pdeathsig', 'KILL', '--', 'qemu-nbd', ...words, '--', file];
    const child = spawn('setpriv', program, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4096);
    });
    const failed = once(child, 'error').then(([error]) => (error as Error).message);
    failed.catch(() => undefined);
    const served = new ServedImage(socket, child, folder);
    try {
      await served.#listening(() => said, failed, signal);
      return served;
    } catch (error) {
      await served.close();
      throw error;
    }
  }

  connect(signal?: AbortSignal): Promise<NbdClient> {
    return NbdClient.connect({ socket: this.socket, name: this.name }, signal);
  }

  async close(): Promise<void> {
    const running = this.#child.pid !== undefined && this.#child.exitCode === null && !this.#child.signalCode;
    if (running) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #listening(
    said: () => string,
    failed: Promise<string>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const deadline = performance.now() + START_DEADLINE_MS;
    let reason: string | undefined;
    const ended = Promise.race([
      failed,
      once(this.#child, 'close').then(() =>
        said()
          .replace(/^qemu-nbd: /, '')
          .trim(),
      ),
    ]).then((text) => {
      reason = text;
    });
    for (;;) {
      signal?.throwIfAborted();
      const client = await this.connect(signal).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED') throw error;
      });
      if (client) return client.close();
      if (reason !== undefined) throw new NbdError(reason || 'qemu-nbd ended without a word');
      if (performance.now() > deadline) throw new NbdError('qemu-nbd does not answer');
      // Nothing tells when a socket comes to be.
      await Promise.race([delay(10), ended]);
    }
  }
}
