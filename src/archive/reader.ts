import { Readable } from 'node:stream';
import { ArchiveError } from './archive-error.js';
import { blockSequence } from './block-sequence.js';
import type { Block, BlockSource } from './block-source.js';
import type { ArchiveInfo, ArchiveReader, Extent, OpenOptions, ReadOptions, StreamInfo } from './contract.js';
import { FORMAT_VERSION } from './format/header.js';
import type { BlockArray, StoredStream } from './format/index-root.js';
import { findPointer, LEAF_BLOCKS } from './format/leaf.js';
import { MemoryAssembler } from './memory-assembler.js';
import { dashed, openSource } from './open-source.js';

const MAX_DOCUMENT = 64 * 1024 * 1024;
/** A stretch of zeroes is given out in pieces of this length. */
const ZERO_PIECE = 1024 * 1024;

/**
 * Opens an archive for reading.
 * @throws ArchiveError what is wrong with it, in a sentence that names the file; SystemError.
 */
export async function openArchive(path: string, options: OpenOptions = {}): Promise<OpenArchive> {
  const { source, footer } = await openSource(path, options);
  return new OpenArchive(source, footer.indexHash.toString('hex'));
}

export class OpenArchive implements ArchiveReader {
  readonly info: ArchiveInfo;
  /** For verifying, comparing and building on this archive. */
  readonly source: BlockSource;
  readonly #memory: MemoryAssembler | undefined;
  readonly #zeroes = Buffer.alloc(ZERO_PIECE);
  #reads = 0;
  #whenIdle: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor(source: BlockSource, indexHash: string) {
    this.source = source;
    const { file, root } = source;
    this.info = {
      path: file.path,
      version: FORMAT_VERSION,
      uuid: dashed(file.header.uuid.toString('hex')),
      created: root.created,
      comment: root.comment,
      blockSize: file.header.blockSize,
      encrypted: file.key !== undefined,
      dictionary: root.dictionary !== undefined,
      bytes: file.length,
      indexHash,
      base: root.base && { ...root.base, uuid: dashed(root.base.uuid) },
      streams: root.streams.map(
        ({ name, kind, size, counts }): StreamInfo => ({ name, kind, size, blocks: counts }),
      ),
    };
    const memory = root.streams.find(({ kind }) => kind === 'memory');
    this.#memory = memory && new MemoryAssembler(source, memory);
  }

  /** Undefined where there is no memory. */
  get memory(): MemoryAssembler | undefined {
    return this.#memory;
  }

  stream(name: string): StreamInfo {
    const found = this.info.streams.find((each) => each.name === name);
    if (found) return found;
    throw new ArchiveError('unknown-stream', `archive '${this.info.path}' has no stream '${name}'`);
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    const { size } = this.stream(name);
    const end = Math.min(size, offset + length);
    if (offset >= end) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    const options = { start: offset, end };
    const pieces = name === 'memory' ? this.chunks(name, options) : this.#randomChunks(name, options);
    for await (const piece of pieces) parts.push(piece);
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  readable(name: string, options: ReadOptions = {}): Readable {
    return Readable.from(this.chunks(name, options), { objectMode: false, highWaterMark: 1024 * 1024 });
  }

  async *chunks(name: string, options: ReadOptions = {}): AsyncGenerator<Buffer, void, void> {
    const { size } = this.stream(name);
    const start = Math.max(0, options.start ?? 0);
    const end = Math.min(size, options.end ?? size);
    if (this.#closed) throw this.#isClosed();
    this.#reads++;
    try {
      if (name === 'memory') {
        yield* (this.#memory as MemoryAssembler).pieces(start, end, options);
      } else {
        yield* this.#sequentialChunks(name, { ...options, start, end });
      }
    } finally {
      this.#endRead();
    }
  }

  async *extents(name: string, offset = 0, length = Number.POSITIVE_INFINITY): AsyncGenerator<Extent> {
    const array = this.#arrayOf(name);
    const { blockSize } = this.source;
    const end = Math.min(array.bytes, offset + length);
    let run: { offset: number; length: number; zero: boolean } | undefined;
    for (let at = Math.floor(offset / blockSize) * blockSize; at < end; ) {
      const block = at / blockSize;
      let zero = true;
      let blocks = 1;
      if (findPointer(array.pointers, Math.floor(block / LEAF_BLOCKS))) {
        zero = (await this.source.entry(array, block)).kind === 'zero';
      } else {
        // No leaf: all its blocks are zero.
        blocks = LEAF_BLOCKS - (block % LEAF_BLOCKS);
      }
      const next = Math.min(array.bytes, at + blocks * blockSize);
      if (run && run.zero === zero) {
        run.length += next - at;
      } else {
        if (run) yield run;
        run = { offset: at, length: next - at, zero };
      }
      at = next;
    }
    if (run) yield run;
  }

  async document(name: string): Promise<string> {
    const { kind, size } = this.stream(name);
    if (kind !== 'document') throw new ArchiveError('misuse', `stream '${name}' is no document`);
    if (size > MAX_DOCUMENT) throw this.source.file.damaged(`its document '${name}' is too long`);
    return (await this.read(name, 0, size)).toString('utf8');
  }

  async close(): Promise<void> {
    this.#closed ??= (async () => {
      if (this.#reads > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
      await this.source.close();
    })();
    await this.#closed;
  }

  /** For a library user that forgets none, `await using`. */
  stored(name: string): StoredStream {
    this.stream(name);
    return this.source.root.streams.find((each) => each.name === name) as StoredStream;
  }

  #arrayOf(name: string): BlockArray {
    const { kind, arrays } = this.stored(name);
    if (kind === 'memory') throw new ArchiveError('misuse', "stream 'memory' has no extents");
    return arrays[0] as BlockArray;
  }

  async *#sequentialChunks(
    name: string,
    { start, end, signal, lost }: ReadOptions & { readonly start: number; readonly end: number },
  ): AsyncGenerator<Buffer, void, void> {
    const { blockSize } = this.source;
    const array = this.#arrayOf(name);
    const onLost =
      lost &&
      ((block: number, { problem, message }: ArchiveError): void => {
        const [offset, length] = [block * blockSize, this.source.lengthOf(array, block)];
        lost({ problem, stream: name, offset, length, message });
      });
    const range = { from: Math.floor(start / blockSize), to: Math.ceil(end / blockSize) };
    let at = range.from * blockSize;
    for await (const block of blockSequence(this.source, array, range, { signal, lost: onLost })) {
      const length = this.source.lengthOf(array, at / blockSize);
      yield this.#part(block, length, start - at, end - at);
      at += length;
    }
  }

  async *#randomChunks(
    name: string,
    { start, end }: { readonly start: number; readonly end: number },
  ): AsyncGenerator<Buffer, void, void> {
    const array = this.#arrayOf(name);
    const { blockSize } = this.source;
    if (this.#closed) throw this.#isClosed();
    this.#reads++;
    try {
      for (let at = start - (start % blockSize); at < end; at += blockSize) {
        const block = await this.source.load(array, at / blockSize);
        yield this.#part(block, this.source.lengthOf(array, at / blockSize), start - at, end - at);
      }
    } finally {
      this.#endRead();
    }
  }

  #part(block: Block, length: number, start: number, end: number): Buffer {
    const [from, to] = [Math.max(0, start), Math.min(length, end)];
    return block === 'zero' ? this.#zeroes.subarray(0, to - from) : block.subarray(from, to);
  }

  #endRead(): void {
    this.#reads--;
    if (this.#reads > 0) return;
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const each of waiting) each();
  }

  #isClosed(): ArchiveError {
    return new ArchiveError('misuse', `archive '${this.info.path}' has been closed`);
  }
}
