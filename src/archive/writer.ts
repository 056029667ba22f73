import { createHash, randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { ArchiveError } from './archive-error.js';
import { ArchiveKey } from './archive-key.js';
import { ArrayWriter } from './array-writer.js';
import { ThinBase } from './base-blocks.js';
import { BlockPool } from './block-pool.js';
import { BlockStore } from './block-store.js';
import { ChunkFile } from './chunk-file.js';
import { ContentHash } from './content-hash.js';
import type {
  AppendWriter,
  ArchiveWriter,
  CreateOptions,
  DiskWriter,
  StreamInfo,
  StreamKind,
  WriteProgress,
  WriteSummary,
} from './contract.js';
import { DictionaryTrial } from './dictionary.js';
import { CHUNK_HEADER_BYTES, ChunkType } from './format/chunk.js';
import { encodeFooter, FOOTER_BYTES } from './format/footer.js';
import { encodeHeader, isBlockSize } from './format/header.js';
import {
  encodeIndexRoot,
  type IndexRoot,
  type StoredCounts,
  type StoredStream,
} from './format/index-root.js';
import { HASH_BYTES } from './format/leaf.js';
import { isStreamName } from './format/stream-name.js';
import { KnownBlocks } from './known-blocks.js';
import { dashed } from './open-source.js';
import { OpenArchive } from './reader.js';
import { TemporaryFile } from './temporary-file.js';
import { BytesStream, DiskStream, MemoryStream, type WriterCore } from './write-streams.js';

const DEFAULT_BLOCK_SIZE = 64 * 1024;
const MAX_COMMENT = 4096;
const MAX_DOCUMENT = 64 * 1024 * 1024;
/** Buffers that are kept for reuse: a few more than can be on their way at once. */
const POOL_BYTES = 8 * 1024 * 1024;

/**
 * Begins an archive under a temporary name.
 * @throws ArchiveError `misuse`; SystemError, EEXIST if there is such a file.
 */
export async function createArchive(path: string, options: CreateOptions = {}): Promise<ArchiveWriter> {
  const { base, comment = '', signal } = options;
  signal?.throwIfAborted();
  if (base !== undefined && !(base instanceof OpenArchive)) {
    throw new ArchiveError('misuse', 'a base must come from openArchive()');
  }
  const blockSize = options.blockSize ?? base?.info.blockSize ?? DEFAULT_BLOCK_SIZE;
  if (!isBlockSize(blockSize)) {
    throw new ArchiveError('misuse', `block size ${blockSize} is no power of two from 4096 to 1048576`);
  }
  if (base && blockSize !== base.info.blockSize) {
    const theirs = base.info.blockSize;
    throw new ArchiveError('misuse', `the base has blocks of ${theirs} bytes, so this archive must, too`);
  }
  if (base?.info.encrypted && !options.encryption) {
    throw new ArchiveError('misuse', 'the base is encrypted, so this archive must be, too');
  }
  if (Buffer.byteLength(comment) > MAX_COMMENT) {
    throw new ArchiveError('misuse', `the comment is longer than ${MAX_COMMENT} bytes`);
  }
  const key = options.encryption && (await ArchiveKey.create(options.encryption));
  const known = new KnownBlocks();
  const thinBase = base && (await ThinBase.open(base, known));
  const file = await TemporaryFile.create(path);
  return new FileWriter({ ...options, comment, blockSize }, { file, key, known, base: thinBase });
}

interface WriterParts {
  readonly file: TemporaryFile;
  readonly key: ArchiveKey | undefined;
  readonly known: KnownBlocks;
  readonly base: ThinBase | undefined;
}

/** A stream that has been begun. */
interface Begun {
  readonly name: string;
  readonly kind: StreamKind;
  readonly ended: () => boolean;
  /** Each with its plain bytes, once it has ended. */
  readonly arrays: readonly { readonly array: ArrayWriter; readonly bytes: () => number }[];
  readonly size: () => number;
}

class FileWriter implements ArchiveWriter {
  readonly uuid: string;
  readonly blockSize: number;
  readonly #uuid = randomBytes(16);
  readonly #created = Date.now();
  readonly #hashKey: Buffer;
  readonly #comment: string;
  readonly #file: TemporaryFile;
  readonly #chunks: ChunkFile;
  readonly #store: BlockStore;
  readonly #core: WriterCore;
  readonly #base: ThinBase | undefined;
  readonly #dictionary: DictionaryTrial;
  readonly #begun: Begun[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  #dictionaryPlace: IndexRoot['dictionary'];
  #arrays = 0;
  #plain = 0;
  #state: 'open' | 'finishing' | 'finished' | 'aborted' = 'open';

  constructor(
    options: CreateOptions & { readonly blockSize: number; readonly comment: string },
    { file, key, known, base }: WriterParts,
  ) {
    this.blockSize = options.blockSize;
    this.#uuid[6] = ((this.#uuid[6] as number) & 0x0f) | 0x40;
    this.#uuid[8] = ((this.#uuid[8] as number) & 0x3f) | 0x80;
    this.uuid = dashed(this.#uuid.toString('hex'));
    this.#comment = options.comment;
    this.#file = file;
    this.#base = base;
    // Hashes of both must be comparable.
    this.#hashKey = base?.archive.source.root.hashKey ?? randomBytes(HASH_BYTES);
    this.#chunks = new ChunkFile(file.handle, key, {
      drain: () => this.#store.wake(),
      failure: (error) => this.#store.fail(error),
    });
    this.#dictionary = new DictionaryTrial(options.dictionary ?? 'auto', (dictionary) => {
      this.#dictionaryPlace = this.#chunks.appendChunk({ type: ChunkType.DICTIONARY }, dictionary);
    });
    const pool = new BlockPool(options.blockSize, Math.ceil(POOL_BYTES / options.blockSize));
    const hash = new ContentHash(this.#hashKey);
    this.#store = new BlockStore({
      file: this.#chunks,
      pool,
      hash,
      known,
      dictionary: this.#dictionary,
      base,
    });
    this.#core = {
      blockSize: options.blockSize,
      pool,
      store: this.#store,
      base,
      count: (bytes) => {
        this.#plain += bytes;
      },
    };
    this.#signal = options.signal;
    this.#onAbort = () => this.#store.fail(abortReason(this.#signal));
    this.#signal?.addEventListener('abort', this.#onAbort);
    if (this.#signal?.aborted) this.#onAbort();
    this.#chunks.append(
      encodeHeader({ uuid: this.#uuid, blockSize: options.blockSize, encryption: key?.derivation }),
    );
    this.#announce(0, this.#about());
  }

  get progress(): WriteProgress {
    return { plain: this.#plain, stored: this.#chunks.end };
  }

  memory(): AppendWriter {
    this.#mustBeNew('memory', 'memory');
    const [layout, pages] = [this.#newArray(), this.#newArray()];
    const stream = new MemoryStream(this.#core, layout, pages, (ramBlock, number) =>
      this.#base?.groupOf(ramBlock, number),
    );
    return this.#begin(stream, 'memory', [
      { array: layout, bytes: () => stream.layoutBytes },
      { array: pages, bytes: () => stream.pagesBytes },
    ]);
  }

  disk(name: string, size: number): DiskWriter {
    this.#mustBeNew(`disk/${name}`, 'disk');
    const stream = new DiskStream(`disk/${name}`, this.#core, this.#newArray(), size);
    return this.#begin(stream, 'disk', [{ array: stream.array, bytes: () => size }]);
  }

  bytes(name: string): AppendWriter {
    return this.#bytesStream(name, 'bytes');
  }

  async document(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    if (bytes.length > MAX_DOCUMENT) throw new ArchiveError('misuse', `document '${name}' is too long`);
    const stream = this.#bytesStream(name, 'document');
    await stream.append(bytes);
    await stream.end();
  }

  async finish(): Promise<WriteSummary> {
    this.#mustBeOpen();
    const open = this.#begun.find((stream) => !stream.ended());
    if (open) throw new ArchiveError('misuse', `stream '${open.name}' has not ended`);
    this.#state = 'finishing';
    await this.#store.idle();
    await this.#dictionary.settle();
    const streams = this.#begun.map((stream) => this.#storedStream(stream));
    this.#writeEnd(streams);
    await this.#chunks.flush();
    // After this the archive exists, so it is too late to give up.
    this.#signal?.throwIfAborted();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#file.keep();
    this.#state = 'finished';
    return {
      path: this.#file.path,
      uuid: this.uuid,
      bytes: this.#chunks.end,
      streams: streams.map(
        ({ name, kind, size, counts }): StreamInfo => ({ name, kind, size, blocks: counts }),
      ),
      dictionary: this.#dictionaryPlace !== undefined,
    };
  }

  async abort(): Promise<void> {
    if (this.#state === 'finished' || this.#state === 'aborted') return;
    this.#state = 'aborted';
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#store.fail(new ArchiveError('misuse', 'the archive has been given up'));
    await this.#store.settle();
    await this.#dictionary.settle();
    await this.#chunks.flush().catch(() => undefined);
    await this.#file.remove();
  }

  #bytesStream(name: string, kind: 'bytes' | 'document'): AppendWriter {
    this.#mustBeNew(name, kind);
    const stream = new BytesStream(name, this.#core, this.#newArray());
    return this.#begin(stream, kind, [{ array: stream.array, bytes: () => stream.size }]);
  }

  #begin<T extends { readonly name: string; readonly ended: boolean; readonly size: number }>(
    stream: T,
    kind: StreamKind,
    arrays: Begun['arrays'],
  ): T {
    const { name } = stream;
    this.#begun.push({ name, kind, arrays, ended: () => stream.ended, size: () => stream.size });
    // So that what was written before a crash can be told apart and salvaged.
    const { id } = (arrays[0] as Begun['arrays'][0]).array;
    const size = kind === 'disk' ? { size: stream.size } : {};
    const announcement = { name, kind, arrays: arrays.map(({ array }) => array.id), ...size };
    this.#announce(id, announcement);
    return stream;
  }

  #announce(stream: number, announcement: object): void {
    const chunk = { type: ChunkType.STREAM, stream };
    this.#chunks.appendChunk(chunk, Buffer.from(JSON.stringify(announcement)));
  }

  #newArray(): ArrayWriter {
    return new ArrayWriter(++this.#arrays, this.#chunks);
  }

  #storedStream({ name, kind, arrays, size }: Begun): StoredStream {
    const counts = { zero: 0, raw: 0, compressed: 0, shared: 0, base: 0, patch: 0, storedBytes: 0 };
    for (const { array } of arrays) {
      for (const key of Object.keys(counts) as (keyof StoredCounts)[]) counts[key] += array.counts[key];
    }
    const stored = arrays.map(({ array, bytes }) => ({
      id: array.id,
      bytes: bytes(),
      pointers: array.close(Math.ceil(bytes() / this.blockSize)),
    }));
    return { name, kind, size: size(), counts, arrays: stored };
  }

  /** What there is to say of the archive as a whole. */
  #about(): Omit<IndexRoot, 'streams' | 'dictionary' | 'hashKey'> & { hashKey: string } {
    const info = this.#base?.archive.info;
    return {
      created: this.#created,
      comment: this.#comment,
      writer: `snapctl ${typeof SNAPCTL_VERSION === 'string' ? SNAPCTL_VERSION : 'unknown'}`,
      hashKey: this.#hashKey.toString('hex'),
      base: info && {
        uuid: info.uuid.replaceAll('-', ''),
        indexHash: info.indexHash,
        name: basename(info.path),
      },
    };
  }

  #writeEnd(streams: readonly StoredStream[]): void {
    const root = encodeIndexRoot({
      ...this.#about(),
      hashKey: this.#hashKey,
      dictionary: this.#dictionaryPlace,
      streams,
    });
    const place = this.#chunks.appendChunk({ type: ChunkType.INDEX }, root);
    this.#chunks.append(
      encodeFooter({
        indexOffset: place.offset,
        indexLength: place.length,
        uuid: this.#uuid,
        fileLength: place.offset + CHUNK_HEADER_BYTES + place.length + FOOTER_BYTES,
        indexHash: createHash('sha256').update(root).digest(),
      }),
    );
  }

  #mustBeNew(name: string, kind: StreamKind): void {
    this.#mustBeOpen();
    if (!isStreamName(name, kind)) throw new ArchiveError('misuse', `a stream cannot be called '${name}'`);
    if (this.#begun.some((stream) => stream.name === name)) {
      throw new ArchiveError('misuse', `there is a stream '${name}' already`);
    }
  }

  #mustBeOpen(): void {
    if (this.#state !== 'open') throw new ArchiveError('misuse', `the archive is ${this.#state}`);
  }
}

declare const SNAPCTL_VERSION: string | undefined;

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new ArchiveError('misuse', 'interrupted');
}
