import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { BegunInput } from './await-memory.js';
import type { MemoryChunk } from './memory-input.js';
import { socketEnd } from './socket-end.js';

const SLAB_BYTES = 1024 * 1024;
/**
 * What is read at once. More would not be quicker; and where the taker can't keep up, the guest waits for room in the pipe
 * at the pages that it wants to change: often and shortly is better than seldom and long.
 */
const READ_BYTES = 64 * 1024;
/** How long a pipe that was emptied is left alone. */
const MOMENT_MS = 1;

/** Buffers that are filled from their beginning to their end, and again once all that was in them is done with. */
interface Slab {
  readonly bytes: Buffer;
  used: number;
  held: number;
}

/** Memory from a pipe, read by the thread that takes it. */
export class PipeInput implements BegunInput {
  readonly #socket: Socket;
  readonly #room: number;
  #held = 0;
  readonly #free: Slab[] = [];
  #slab: Slab = newSlab();
  /** Where in it the next read goes. */
  #start = 0;
  readonly #early: MemoryChunk[] = [];
  #take: ((chunk: MemoryChunk) => void) | undefined;
  #paused = true;
  #moment: NodeJS.Timeout | undefined;
  readonly #ended: Promise<void>;
  readonly ready = Promise.resolve();
  /** Whether memory comes. */
  readonly begun: Promise<boolean>;

  /**
   * @param descriptor of the pipe, and this object's from now on.
   * @param room bytes that may wait to be released.
   */
  constructor(descriptor: number, room: number) {
    this.#room = room;
    let begin: (memory: boolean) => void = () => undefined;
    this.begun = new Promise((resolve) => {
      begin = resolve;
    });
    const onread: ConnectOpts['onread'] = {
      buffer: () => this.#place(),
      callback: (length) => {
        begin(true);
        return this.#receive(length);
      },
    };
    // Given to connect() as a rule, which hands it on to the constructor.
    const options: SocketConstructorOpts & ConnectOpts = {
      fd: descriptor,
      readable: true,
      writable: false,
      onread,
    };
    this.#socket = new Socket(options);
    this.#ended = socketEnd(this.#socket);
    void this.#ended.then(() => begin(false));
    process.on('SIGTERM', () => begin(false));
    this.#socket.resume();
  }

  async read(take: (chunk: MemoryChunk) => void): Promise<void> {
    this.#take = take;
    for (const chunk of this.#early.splice(0)) take(chunk);
    this.#resume();
    await this.#ended;
  }

  #pause(): void {
    this.#paused = true;
    clearTimeout(this.#moment);
    this.#moment = undefined;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused || !this.#take) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** For the next read. */
  #place(): Buffer {
    if (this.#slab.bytes.length - this.#slab.used < READ_BYTES) this.#slab = this.#free.pop() ?? newSlab();
    this.#start = this.#slab.used;
    return this.#slab.bytes.subarray(this.#start, this.#start + READ_BYTES);
  }

  /** @returns whether to go on reading at once. */
  #receive(length: number): boolean {
    const slab = this.#slab;
    const bytes = slab.bytes.subarray(this.#start, this.#start + length);
    slab.used = this.#start + length;
    slab.held++;
    const chunk: MemoryChunk = { bytes, release: () => this.#release(slab, length) };
    this.#held += length;
    if (this.#held > this.#room) this.#pause();
    if (!this.#take) {
      // Nobody wants it yet.
      this.#early.push(chunk);
      return false;
    }
    this.#take(chunk);
    if (this.#paused) return false;
    if (length === READ_BYTES) return true;
    this.#moment ??= setTimeout(() => {
      this.#moment = undefined;
      this.#socket.resume();
    }, MOMENT_MS);
    return false;
  }

  #release(slab: Slab, length: number): void {
    this.#held -= length;
    if (this.#held <= this.#room) this.#resume();
    slab.held--;
    if (slab.held > 0) return;
    slab.used = 0;
    if (slab !== this.#slab) this.#free.push(slab);
  }
}

const newSlab = (): Slab => ({ bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0, held: 0 });
