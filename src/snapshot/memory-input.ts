import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { SinkOrder } from './sink.js';
import { acceptOne } from './sink-listen.js';

/** Memory as it came. The bytes are the taker's until it releases them. */
export interface MemoryChunk {
  readonly bytes: Buffer;
  release(): void;
}

/** Where a process gets a guest's memory from. */
export interface MemoryInput {
  /** Begins to read. What comes goes to `take`, until the end. @returns when that has come */
  read(take: (chunk: MemoryChunk) => void): Promise<void>;
  /** Leaves QEMU waiting for a while. */
  pause(): void;
  resume(): void;
}

/** The descriptor that a process is started with for its pipe. */
const PIPE = 3;
const SLAB_BYTES = 1024 * 1024;
/**
 * What is read at once. More would not be quicker; and where the taker can't keep up, the guest waits for room in the pipe
 * at the pages that it wants to change: often and shortly is better than seldom and long.
 */
const READ_BYTES = 64 * 1024;
/** How long a pipe that was emptied is left alone. */
const MOMENT_MS = 1;

/**
 * Says where it listens, and waits for memory. @returns undefined if none will come: QEMU has closed its end before
 * anything was written, or SIGTERM says so.
 */
export async function awaitMemory({
  pipe,
  owner,
}: Pick<SinkOrder, 'pipe' | 'owner'>): Promise<MemoryInput | undefined> {
  if (pipe === null) {
    const socket = await acceptOne(owner);
    return socket && new SocketInput(socket);
  }
  const input = new PipeInput();
  process.stdout.write(`listening ${pipe}\n`);
  return (await input.begun) ? input : undefined;
}

class SocketInput implements MemoryInput {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  async read(take: (chunk: MemoryChunk) => void): Promise<void> {
    this.#socket.on('data', (bytes: Buffer) => take({ bytes, release: () => undefined }));
    const ended = closed(this.#socket);
    this.#socket.resume();
    await ended;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

/** Buffers that are filled from their beginning to their end, and again once all that was in them is done with. */
interface Slab {
  readonly bytes: Buffer;
  used: number;
  held: number;
}

class PipeInput implements MemoryInput {
  readonly #socket: Socket;
  readonly #free: Slab[] = [];
  #slab: Slab = newSlab();
  /** Where in it the next read goes. */
  #start = 0;
  readonly #early: MemoryChunk[] = [];
  #take: ((chunk: MemoryChunk) => void) | undefined;
  #paused = true;
  #moment: NodeJS.Timeout | undefined;
  readonly #ended: Promise<void>;
  /** Whether memory comes. */
  readonly begun: Promise<boolean>;

  constructor() {
    let begin: (memory: boolean) => void = () => undefined;
    this.begun = new Promise((resolve) => {
      begin = resolve;
    });
    const onread: ConnectOpts['onread'] = {
      buffer: () => this.#room(),
      callback: (length) => {
        begin(true);
        return this.#receive(length);
      },
    };
    // Given to connect() as a rule, which hands it on to the constructor.
    const options: SocketConstructorOpts & ConnectOpts = {
      fd: PIPE,
      readable: true,
      writable: false,
      onread,
    };
    this.#socket = new Socket(options);
    this.#ended = closed(this.#socket);
    void this.#ended.then(() => begin(false));
    process.on('SIGTERM', () => begin(false));
    this.#socket.resume();
  }

  async read(take: (chunk: MemoryChunk) => void): Promise<void> {
    this.#take = take;
    for (const chunk of this.#early.splice(0)) take(chunk);
    this.resume();
    await this.#ended;
  }

  pause(): void {
    this.#paused = true;
    clearTimeout(this.#moment);
    this.#moment = undefined;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused || !this.#take) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** For the next read. */
  #room(): Buffer {
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
    const chunk: MemoryChunk = { bytes, release: () => this.#release(slab) };
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

  #release(slab: Slab): void {
    slab.held--;
    if (slab.held > 0) return;
    slab.used = 0;
    if (slab !== this.#slab) this.#free.push(slab);
  }
}

const newSlab = (): Slab => ({ bytes: Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0, held: 0 });

/** When nothing more will come, for whatever reason. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.once('end', () => resolve());
    socket.once('error', () => undefined);
  });
