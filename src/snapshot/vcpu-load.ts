import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guest } from './guest.js';

const NANOSECONDS_PER_MS = 1e6;

/**
 * How busy a guest's virtual processors have been since a moment ago, by their threads' run queue statistics
 * (/proc/PID/task/TID/schedstat: nanoseconds on a processor, and waiting for one). It costs the guest nothing, where
 * QEMU's own calc-dirty-rate takes a second.
 */
export class VcpuLoad {
  readonly #files: readonly string[];
  readonly #before: number;
  readonly #began = performance.now();

  private constructor(files: readonly string[], before: number) {
    this.#files = files;
    this.#before = before;
  }

  /** @returns undefined where the threads can't be seen, such as from another host's or container's side. */
  static async begin({ qmp, process: qemu }: Guest): Promise<VcpuLoad | undefined> {
    if (!qemu) return undefined;
    const cpus = await qmp.execute('query-cpus-fast');
    const files = cpus.map((cpu) => `/proc/${qemu.pid}/task/${cpu['thread-id']}/schedstat`);
    const before = await wanted(files);
    return before === undefined ? undefined : new VcpuLoad(files, before);
  }

  /**
   * Waits until enough has been seen.
   * @param least milliseconds from the beginning on
   * @returns how many processors the guest wanted on average; undefined if that can't be told any more.
   */
  async processors(least: number, signal: AbortSignal): Promise<number | undefined> {
    const left = this.#began + least - performance.now();
    if (left > 0) await delay(left, undefined, { signal });
    const work = await this.work();
    return work === undefined ? undefined : work / (performance.now() - this.#began);
  }

  /** @returns how long the processors ran or wanted to, all together, in ms; undefined if that can't be told any more. */
  async work(): Promise<number | undefined> {
    const after = await wanted(this.#files);
    return after === undefined ? undefined : (after - this.#before) / NANOSECONDS_PER_MS;
  }
}

/** Nanoseconds that the threads ran or wanted to. */
async function wanted(files: readonly string[]): Promise<number | undefined> {
  try {
    const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')));
    let sum = 0;
    for (const text of texts) {
      const [ran = NaN, waited = NaN] = text.split(' ').map(Number);
      sum += ran + waited;
    }
    return Number.isFinite(sum) ? sum : undefined;
  } catch {
    return undefined;
  }
}
