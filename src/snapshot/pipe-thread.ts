import { closeSync, constants, openSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { BegunInput } from './await-memory.js';
import { helperProgram } from './helper-program.js';
import type { MemoryChunk } from './memory-input.js';
import { PieceRing, type SharedRing } from './piece-ring.js';
import { PipeInput } from './pipe-input.js';

/** What the thread is started with. */
export interface PipeReaderData {
  readonly descriptor: number;
  readonly ring: SharedRing;
  readonly guestFirst: boolean;
}

/** 64 MiB: what comes while the taker is away for a tenth of a second, beside what it has yet to do. */
const PIECES = 1024;

/**
 * A pipe that is read by a thread which does nothing else, for a process whose main thread has much to do: while that compresses,
 * or collects garbage, QEMU would wait for room in the pipe, and a guest for QEMU.
 */
export class PipeThread implements BegunInput {
  readonly begun: Promise<boolean>;
  readonly #ring: PieceRing;
  readonly #ended: Promise<Error | undefined>;
  readonly #chunks: MemoryChunk[] = [];
  #begin: (memory: boolean) => void = () => undefined;
  #take: ((chunk: MemoryChunk) => void) | undefined;

  /**
   * @param descriptor of the pipe, and this object's from now on.
   * @param guestFirst all other threads of this process are to be slower than the guest (see yield-to-guest.ts).
   */
  constructor(descriptor: number, guestFirst: boolean) {
    // Opened once more, because only so it can be had without waiting: a thread that waits in read() keeps its process from
    // ending. And nobody else's reading changes by it.
    const own = openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
    closeSync(descriptor);
    const shared = PieceRing.share(PIECES);
    this.#ring = new PieceRing(shared);
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    const workerData: PipeReaderData = { descriptor: own, ring: shared, guestFirst };
    const worker = new Worker(helperProgram('pipe-reader', 'cjs'), { workerData });
    process.on('SIGTERM', () => this.#begin(false));
    this.#ended = this.#untilEnd(worker).catch((error: Error) => this.#drain(own, error));
    void this.#ended.then(() => this.#begin(false));
  }

  async read(take: (chunk: MemoryChunk) => void): Promise<void> {
    this.#take = take;
    this.#pass();
    const failure = await this.#ended;
    if (failure) throw failure;
  }

  async #untilEnd(worker: Worker): Promise<undefined> {
    await new Promise<void>((resolve, reject) => {
      worker.on('message', (message: 'more' | 'end') => {
        if (this.#ring.read > 0) this.#begin(true);
        this.#pass();
        if (message === 'end') resolve();
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the thread that reads memory has ended')));
    });
  }

  /** The thread has died. Whoever reads must go on (see sink-process.ts), though nothing will come of it. */
  async #drain(descriptor: number, failure: Error): Promise<Error> {
    await new PipeInput(descriptor, Number.POSITIVE_INFINITY).read((chunk) => chunk.release());
    return failure;
  }

  /** Hands on what has come. */
  #pass(): void {
    if (!this.#take) return;
    for (let next = this.#ring.next(); next; next = this.#ring.next()) {
      const whole = this.#chunk(next.piece);
      const { length } = next;
      const chunk =
        length === whole.bytes.length ? whole : { ...whole, bytes: whole.bytes.subarray(0, length) };
      this.#take(chunk);
    }
  }

  /** Made once: what is made for each piece is garbage to collect. */
  #chunk(piece: number): MemoryChunk {
    this.#chunks[piece] ??= {
      bytes: this.#ring.bytesOf(piece),
      release: () => this.#ring.release(piece),
    };
    return this.#chunks[piece];
  }
}
