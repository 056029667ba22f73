import { ArchiveError } from './archive-error.js';
import type { ArrayWriter } from './array-writer.js';
import type { BlockPool } from './block-pool.js';
import type { BlockStore, Likeness } from './block-store.js';
import type { AppendWriter, DiskWriter } from './contract.js';
import { MAX_LONG } from './format/numbers.js';
import { MemoryEncoder } from './memory-encoder.js';

/** What is taken at once between two looks at whether there is room. */
const SLICE = 256 * 1024;

/** What a stream's writer needs of the archive's. */
export interface WriterCore {
  readonly blockSize: number;
  readonly pool: BlockPool;
  readonly store: BlockStore;
  readonly base: { placeOf(stream: string, array: number, block: number): Likeness | undefined } | undefined;
  count(plainBytes: number): void;
}

/** One call at a time, and none after the end. */
abstract class OneAtATime {
  #busy = false;
  #ended = false;

  constructor(readonly name: string) {}

  get ended(): boolean {
    return this.#ended && !this.#busy;
  }

  protected async once(work: () => Promise<void>, last: boolean): Promise<void> {
    if (this.#busy) throw new ArchiveError('misuse', `stream '${this.name}' is being written already`);
    if (this.#ended) throw new ArchiveError('misuse', `stream '${this.name}' has ended`);
    this.#busy = true;
    this.#ended = last;
    try {
      await work();
    } finally {
      this.#busy = false;
    }
  }
}

/** Cuts bytes that come one after the other into blocks. */
class BlockCutter {
  readonly #core: WriterCore;
  readonly #array: ArrayWriter;
  readonly #likeness: (block: number) => Likeness | undefined;
  #buffer: Buffer | undefined;
  #filled = 0;
  #block = 0;
  #bytes = 0;

  constructor(core: WriterCore, array: ArrayWriter, likeness: (block: number) => Likeness | undefined) {
    this.#core = core;
    this.#array = array;
    this.#likeness = likeness;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  push(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      this.#buffer ??= this.#core.pool.take();
      const part = bytes.subarray(at, at + this.#core.blockSize - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#core.blockSize) this.#put();
    }
  }

  end(): void {
    if (this.#filled > 0) this.#put();
  }

  #put(): void {
    const buffer = this.#buffer as Buffer;
    this.#core.store.put(this.#array, this.#block, buffer, this.#filled, this.#likeness(this.#block));
    this.#buffer = undefined;
    this.#filled = 0;
    this.#block++;
  }
}

/** Binary data and documents. */
export class BytesStream extends OneAtATime implements AppendWriter {
  readonly #core: WriterCore;
  readonly #cutter: BlockCutter;

  constructor(
    name: string,
    core: WriterCore,
    readonly array: ArrayWriter,
  ) {
    super(name);
    this.#core = core;
    this.#cutter = new BlockCutter(core, array, (block) => core.base?.placeOf(name, 0, block));
  }

  get size(): number {
    return this.#cutter.bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.once(async () => {
      this.#cutter.push(bytes);
      this.#core.count(bytes.length);
      await this.#core.store.room();
    }, false);
  }

  async end(): Promise<void> {
    await this.once(async () => {
      this.#cutter.end();
      await this.#core.store.room();
    }, true);
  }
}

export class MemoryStream extends OneAtATime implements AppendWriter {
  readonly #core: WriterCore;
  readonly #encoder: MemoryEncoder;
  readonly #layout: BlockCutter;
  #groups = 0;
  #size = 0;

  /** @param likeness where the base has the same guest addresses. */
  constructor(
    core: WriterCore,
    readonly layoutArray: ArrayWriter,
    readonly pagesArray: ArrayWriter,
    likeness: (ramBlock: string, number: number) => Likeness | undefined,
  ) {
    super('memory');
    this.#core = core;
    this.#layout = new BlockCutter(core, layoutArray, () => undefined);
    this.#encoder = new MemoryEncoder(core.blockSize, {
      takeBuffer: () => core.pool.take(),
      begin: (index) => {
        this.#groups = index + 1;
        pagesArray.expect(index);
      },
      group: (buffer, { index, ramBlock, number }) => {
        core.store.putExpected(pagesArray, index, buffer, core.blockSize, likeness(ramBlock, number));
      },
    });
  }

  /** Of the stream; of its layout; of its pages. */
  get size(): number {
    return this.#size;
  }
  get layoutBytes(): number {
    return this.#layout.bytes;
  }
  get pagesBytes(): number {
    return this.#groups * this.#core.blockSize;
  }

  async append(bytes: Uint8Array): Promise<void> {
    // A copy is only needed of what can't be taken before the promise is given out.
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    await this.once(async () => {
      if (rest.length > SLICE) rest = Buffer.concat([rest]);
      for (let at = 0; at < rest.length; at += SLICE) {
        if (at > 0) await this.#core.store.room();
        this.#take(rest.subarray(at, at + SLICE));
      }
      await this.#core.store.room();
    }, false);
  }

  async end(): Promise<void> {
    await this.once(async () => {
      this.#encoder.end();
      this.#layout.push(this.#encoder.takeLayout());
      this.#layout.end();
      await this.#core.store.room();
    }, true);
  }

  #take(bytes: Buffer): void {
    this.#size += bytes.length;
    this.#core.count(bytes.length);
    this.#encoder.push(bytes);
    this.#layout.push(this.#encoder.takeLayout());
  }
}

export class DiskStream extends OneAtATime implements DiskWriter {
  readonly #core: WriterCore;
  #buffer: Buffer | undefined;
  #block = 0;
  #filled = 0;
  /** Bytes before this have been given, or skipped. */
  #position = 0;
  #put = 0;

  constructor(
    name: string,
    core: WriterCore,
    readonly array: ArrayWriter,
    readonly size: number,
  ) {
    super(name);
    this.#core = core;
    if (!Number.isInteger(size) || size < 0 || size > MAX_LONG) {
      throw new ArchiveError('misuse', `stream '${name}' cannot have ${size} bytes`);
    }
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    await this.once(async () => {
      if (offset < this.#position || !Number.isInteger(offset)) {
        throw new ArchiveError('misuse', `stream '${this.name}' is not written in ascending order`);
      }
      if (offset + bytes.length > this.size) {
        throw new ArchiveError('misuse', `stream '${this.name}' is written beyond its end`);
      }
      const rest = bytes.length > SLICE ? Buffer.concat([bytes]) : bytes;
      for (let at = 0; at < rest.length; at += SLICE) {
        if (at > 0) await this.#core.store.room();
        this.#take(offset + at, rest.subarray(at, at + SLICE));
      }
      await this.#core.store.room();
    }, false);
  }

  async end(): Promise<void> {
    await this.once(async () => {
      this.#closeBlock();
      this.#core.count(this.size - this.#position);
      this.array.counts.zero += Math.ceil(this.size / this.#core.blockSize) - this.#put;
      await this.#core.store.room();
    }, true);
  }

  #take(offset: number, bytes: Uint8Array): void {
    const { blockSize, pool } = this.#core;
    for (let at = 0; at < bytes.length; ) {
      const block = Math.floor((offset + at) / blockSize);
      const inside = (offset + at) % blockSize;
      if (block !== this.#block) this.#closeBlock();
      this.#block = block;
      this.#buffer ??= pool.take();
      if (inside > this.#filled) this.#buffer.fill(0, this.#filled, inside);
      const part = bytes.subarray(at, at + blockSize - inside);
      this.#buffer.set(part, inside);
      this.#filled = inside + part.length;
      at += part.length;
    }
    this.#core.count(offset + bytes.length - this.#position);
    this.#position = offset + bytes.length;
  }

  #closeBlock(): void {
    const buffer = this.#buffer;
    if (!buffer) return;
    const length = Math.min(this.#core.blockSize, this.size - this.#block * this.#core.blockSize);
    buffer.fill(0, this.#filled, length);
    this.#core.store.put(
      this.array,
      this.#block,
      buffer,
      length,
      this.#core.base?.placeOf(this.name, 0, this.#block),
    );
    this.#put++;
    this.#buffer = undefined;
    this.#filled = 0;
  }
}
