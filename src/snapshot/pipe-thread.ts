import { closeSync, constants, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { BegunInput } from './await-memory.js';
import { helperProgram } from './helper-program.js';
import type { MemoryChunk } from './memory-input.js';
import { PipeInput } from './pipe-input.js';

/** What the thread is started with. */
export interface PipeReaderData {
  readonly descriptor: number;
}

/**
 * What the thread says, and is told when it is done with: memory that is the other side's then. Shared memory would need no
 * messages, but V8 copies from it word by word, which takes four times as long.
 */
export interface ReadSlab {
  readonly buffer: ArrayBuffer;
  /** Bytes in it, from the first. */
  readonly length: number;
}

/**
 * A pipe that is read by a thread which does nothing else, for a process whose main thread has much to do: while that compresses,
 * or collects garbage, QEMU would wait for room in the pipe, and a guest for QEMU.
 */
export class PipeThread implements BegunInput {
  readonly ready: Promise<void>;
  readonly begun: Promise<boolean>;
  readonly #worker: Worker;
  readonly #ended: Promise<Error | undefined>;
  readonly #early: ReadSlab[] = [];
  #take: ((chunk: MemoryChunk) => void) | undefined;

  /** @param descriptor of the pipe, and this object's from now on. */
  constructor(descriptor: number, program: string = helperProgram('pipe-reader', 'cjs')) {
    // Opened once more, because only so it can be had without waiting: a thread that waits in read() keeps its process from
    // ending. And nobody else's reading changes by it.
    const own = openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
    closeSync(descriptor);
    const workerData: PipeReaderData = { descriptor: own };
    this.#worker = new Worker(program, { workerData });
    let [ready, begin] = [(): void => undefined, (_memory: boolean): void => undefined];
    const isReady = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const first = new Promise<boolean>((resolve) => {
      begin = resolve;
    });
    process.on('SIGTERM', () => begin(false));
    const ended = new Promise<undefined>((resolve, reject) => {
      this.#worker.on('message', (message: ReadSlab | 'ready' | 'end') => {
        if (message === 'ready') return ready();
        begin(message !== 'end');
        if (message === 'end') resolve(undefined);
        else this.#pass(message);
      });
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => reject(new Error('the thread that reads memory has ended')));
    });
    this.#ended = ended.catch((error: Error) => this.#drain(own, error));
    this.ready = Promise.race([isReady, ended.then(undefined, () => undefined)]);
    this.begun = Promise.race([first, this.#ended.then(() => false)]);
  }

  /** All other threads of this process are slower than the guest from now on (see yield-to-guest.ts), which waits for QEMU. */
  guestFirst(): void {
    this.#worker.postMessage('guest first');
  }

  async read(take: (chunk: MemoryChunk) => void): Promise<void> {
    this.#take = take;
    for (const slab of this.#early.splice(0)) this.#pass(slab);
    const failure = await this.#ended;
    if (failure) throw failure;
  }

  /** The thread has died. Whoever reads must go on (see sink-process.ts), though nothing will come of it. */
  async #drain(descriptor: number, failure: Error): Promise<Error> {
    await new PipeInput(descriptor, Number.POSITIVE_INFINITY).read((chunk) => chunk.release());
    return failure;
  }

  #pass(slab: ReadSlab): void {
    if (!this.#take) {
      this.#early.push(slab);
      return;
    }
    const { buffer, length } = slab;
    this.#take({
      bytes: Buffer.from(buffer, 0, length),
      release: () => this.#worker.postMessage(slab, [buffer]),
    });
  }
}
