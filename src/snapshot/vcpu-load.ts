import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guest } from './guest.js';

const NANOSECONDS_PER_MS = 1e6;

/** Milliseconds on a processor, and waiting for one. */
interface Times {
  readonly ran: number;
  readonly waited: number;
}

/** What a guest's processors have done together, in ms, since a moment so many ms ago. */
export interface VcpuWork extends Times {
  readonly elapsed: number;
}

/**
 * How busy a guest's virtual processors have been since a moment ago, by their threads' run queue statistics
 * (/proc/PID/task/TID/schedstat: nanoseconds on a processor, and waiting for one). It costs the guest nothing, where
 * QEMU's own calc-dirty-rate takes a second.
 */
export class VcpuLoad {
  readonly #files: readonly string[];
  readonly #before: Times;
  readonly #began = performance.now();

  private constructor(files: readonly string[], before: Times) {
    this.#files = files;
    this.#before = before;
  }

  /** @returns undefined where the threads can't be seen, such as from another host's or container's side. */
  static async begin({ qmp, process: qemu }: Guest): Promise<VcpuLoad | undefined> {
    if (!qemu) return undefined;
    const cpus = await qmp.execute('query-cpus-fast');
    const files = cpus.map((cpu) => `/proc/${qemu.pid}/task/${cpu['thread-id']}/schedstat`);
    const before = await times(files);
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
    return work && (work.ran + work.waited) / work.elapsed;
  }

  /** @returns what they have done so far; undefined if that can't be told any more. */
  async work(): Promise<VcpuWork | undefined> {
    const after = await times(this.#files);
    return (
      after && {
        ran: after.ran - this.#before.ran,
        waited: after.waited - this.#before.waited,
        elapsed: performance.now() - this.#began,
      }
    );
  }
}

/** Of all the threads together. */
async function times(files: readonly string[]): Promise<Times | undefined> {
  try {
    const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')));
    let [ran, waited] = [0, 0];
    for (const text of texts) {
      const [on = NaN, off = NaN] = text.split(' ').map((value) => Number(value) / NANOSECONDS_PER_MS);
      ran += on;
      waited += off;
    }
    return Number.isFinite(ran + waited) ? { ran, waited } : undefined;
  } catch {
    return undefined;
  }
}
