import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { BlockSource } from './block-source.js';
import type { CheckerData, CheckTask, CheckVerdict } from './check-protocol.js';

const MAX_THREADS = 4;
/** Below this, threads take longer to start than there is to do. */
const LEAST_BYTES = 16 * 1024 * 1024;

/**
 * Threads that check blocks, each from its checksum to its content's hash without leaving the thread: handing every block
 * to libuv's threads and back takes as long as decompressing it.
 */
export class CheckPool {
  readonly #threads: Thread[];
  #next = 0;

  private constructor(threads: Thread[]) {
    this.#threads = threads;
  }

  /** @returns undefined where there is nothing to be gained, or the blocks are encrypted. */
  static async start(source: BlockSource): Promise<CheckPool | undefined> {
    const file = checkerFile();
    if (source.file.key || source.file.length < LEAST_BYTES || !file) return undefined;
    // One that is damaged is found, and told of, by whoever needs it next.
    const dictionary = source.root.dictionary && (await source.dictionary().catch(() => undefined));
    const data: CheckerData = { hashKey: source.root.hashKey, dictionary };
    const count = Math.min(MAX_THREADS, availableParallelism());
    return new CheckPool(Array.from({ length: count }, () => new Thread(file, data)));
  }

  get threads(): number {
    return this.#threads.length;
  }

  /** @param task its bytes are gone then. @returns undefined if the thread has failed. */
  check(task: CheckTask): Promise<CheckVerdict | undefined> {
    this.#next = (this.#next + 1) % this.#threads.length;
    return (this.#threads[this.#next] as Thread).check(task);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

class Thread {
  readonly #worker: Worker;
  readonly #waiting: ((verdict: CheckVerdict | undefined) => void)[] = [];
  #failed = false;

  constructor(file: URL, workerData: CheckerData) {
    this.#worker = new Worker(file, { workerData });
    this.#worker.on('message', (verdict: CheckVerdict) => this.#waiting.shift()?.(verdict));
    for (const event of ['error', 'exit']) this.#worker.on(event, () => this.#fail());
  }

  check(task: CheckTask): Promise<CheckVerdict | undefined> {
    if (this.#failed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#worker.postMessage(task, [task.bytes.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(): void {
    this.#failed = true;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }
}

/** Next to a bundle or its chunks, or in dist/ when the sources themselves run (a thread loads plain JavaScript only). */
function checkerFile(): URL | undefined {
  const places = ['./archive-checker.cjs', '../archive-checker.cjs', '../../dist/archive-checker.cjs'];
  return places.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(fileURLToPath(url)));
}
