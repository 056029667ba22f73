import { ArchiveError } from './archive-error.js';
import { ArchiveFile } from './archive-file.js';
import { BlockSource } from './block-source.js';
import { scanChunks } from './chunk-scan.js';
import type { ArchiveReader, Damage, OpenOptions } from './contract.js';
import { CHUNK_HEADER_BYTES, ChunkType } from './format/chunk.js';
import {
  type BlockArray,
  decodeAbout,
  decodeStreamAnnouncement,
  type IndexRoot,
  type StoredStream,
} from './format/index-root.js';
import { checkLeaf, decodeEntry, ENTRY_BYTES, type Entry, LEAF_BLOCKS } from './format/leaf.js';
import { MAX_LONG } from './format/numbers.js';
import { MemoryAssembler } from './memory-assembler.js';
import { CACHE_BYTES, openBase, openSource } from './open-source.js';
import { OpenArchive } from './reader.js';

export interface DamagedArchive {
  readonly archive: ArchiveReader;
  /** What is wrong with the archive as a whole. Damage to streams shows when they are read with `lost`. */
  readonly damages: readonly Damage[];
}

/** A hash that isn't known. */
const NO_HASH = Buffer.alloc(0);

/**
 * Opens an archive even if it was cut off or its index is damaged: then its chunks are looked for in the whole file.
 * @throws ArchiveError the header is damaged, or the key is wrong: nothing can be restored.
 */
export async function openDamagedArchive(path: string, options: OpenOptions = {}): Promise<DamagedArchive> {
  const file = await ArchiveFile.open(path, options.secret);
  const salvaged = new SalvagedChunks(file);
  let opened: { root: IndexRoot; base: BlockSource | undefined; indexHash: string };
  const damages: Damage[] = [];
  try {
    const { source, footer } = await openSource(path, options);
    // The file has been opened twice; one is enough.
    await source.file.close();
    opened = { root: source.root, base: source.base, indexHash: footer.indexHash.toString('hex') };
  } catch (error) {
    if (!(error instanceof ArchiveError) || !['damaged', 'truncated'].includes(error.problem)) {
      await file.close();
      throw error;
    }
    damages.push({ problem: error.problem, message: error.message });
    try {
      const root = await salvaged.root();
      const base = root.base && !options.withoutBase ? await openBase(file, root, options, 0) : undefined;
      opened = { root, base, indexHash: '' };
    } catch (failure) {
      await file.close();
      throw failure;
    }
  }
  const source = new SalvageSource(
    file,
    opened.root,
    opened.base,
    options.cacheBytes ?? CACHE_BYTES,
    salvaged,
  );
  if (damages.length === 0) return { archive: new OpenArchive(source, opened.indexHash), damages };
  // Nothing says how long the memory's stream was; its layout tells how far it goes.
  const streams: StoredStream[] = [];
  for (const stream of opened.root.streams) {
    if (stream.kind !== 'memory') streams.push(stream);
    else streams.push({ ...stream, size: await new MemoryAssembler(source, stream).measure() });
  }
  const root = { ...opened.root, streams };
  const measured = new SalvageSource(file, root, opened.base, options.cacheBytes ?? CACHE_BYTES, salvaged);
  return { archive: new OpenArchive(measured, ''), damages };
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

/** What a scan has found of one array. */
interface FoundArray {
  readonly blocks: Map<number, number>;
  readonly leaves: Map<number, Place>;
  /** Plain bytes up to the end of the last block found. */
  bytes: number;
}

interface FoundStream {
  readonly name: string;
  readonly kind: StoredStream['kind'];
  readonly arrays: readonly number[];
  readonly size: number | undefined;
}

/** What can be found in a file without its index. The file is only gone through when something is asked for. */
class SalvagedChunks {
  readonly #file: ArchiveFile;
  readonly #arrays = new Map<number, FoundArray>();
  readonly #streams: FoundStream[] = [];
  #about: ReturnType<typeof decodeAbout> | undefined;
  #dictionary: Place | undefined;
  #scan: Promise<void> | undefined;

  constructor(file: ArchiveFile) {
    this.#file = file;
  }

  /** @throws ArchiveError not even the archive's own announcement was found. */
  async root(): Promise<IndexRoot> {
    await this.#scanned();
    if (!this.#about) throw this.#file.damaged('nothing in it can be restored');
    const counts = { zero: 0, raw: 0, compressed: 0, shared: 0, base: 0, patch: 0, storedBytes: 0 };
    const streams = this.#streams.map(({ name, kind, arrays, size }): StoredStream => {
      const found = arrays.map((id): BlockArray => {
        const bytes = this.#arrays.get(id)?.bytes ?? 0;
        return { id, bytes: size ?? bytes, pointers: Buffer.alloc(0) };
      });
      return {
        name,
        kind,
        counts,
        arrays: found,
        size: kind === 'memory' ? MAX_LONG : (size ?? found[0]?.bytes ?? 0),
      };
    });
    return { ...this.#about, dictionary: this.#dictionary, streams };
  }

  /** @returns undefined if nothing tells where the block is. */
  async entry(array: BlockArray, block: number, blockSize: number): Promise<Entry | undefined> {
    await this.#scanned();
    const found = this.#arrays.get(array.id);
    const leaf = found?.leaves.get(Math.floor(block / LEAF_BLOCKS));
    if (leaf) {
      const entry = await this.#entryOf(leaf, block, Math.ceil(array.bytes / blockSize));
      if (entry) return entry;
    }
    const offset = found?.blocks.get(block);
    if (offset === undefined) return undefined;
    const header = await this.#file.read(offset, CHUNK_HEADER_BYTES);
    return { kind: 'here', offset, length: header.readUInt32LE(16), hash: NO_HASH };
  }

  async #entryOf(leaf: Place, block: number, blocks: number): Promise<Entry | undefined> {
    const { payload } = await this.#file.readChunk(ChunkType.LEAF, leaf);
    const index = block % LEAF_BLOCKS;
    if (index * ENTRY_BYTES >= payload.length) return undefined;
    const described = Math.min(LEAF_BLOCKS, blocks - (block - index), payload.length / ENTRY_BYTES);
    this.#file.decode(() => checkLeaf(payload.subarray(0, described * ENTRY_BYTES), described), leaf.offset);
    return decodeEntry(payload, index);
  }

  #scanned(): Promise<void> {
    this.#scan ??= this.#scanAll();
    return this.#scan;
  }

  async #scanAll(): Promise<void> {
    const { blockSize } = this.#file.header;
    for await (const found of scanChunks(this.#file)) {
      if ('gap' in found) continue;
      const { header, offset } = found.chunk;
      const place = { offset, length: header.length };
      if (header.type === ChunkType.BLOCK) {
        const array = this.#array(header.stream);
        array.blocks.set(header.block, offset);
        array.bytes = Math.max(array.bytes, header.block * blockSize + header.plain);
      } else if (header.type === ChunkType.LEAF) {
        const array = this.#array(header.stream);
        array.leaves.set(Math.floor(header.block / LEAF_BLOCKS), place);
        // Blocks that are shared have no chunk of their own.
        const known = Math.floor(header.length / ENTRY_BYTES) * blockSize;
        if (header.length >= LEAF_BLOCKS * ENTRY_BYTES) {
          array.bytes = Math.max(array.bytes, header.block * blockSize + known);
        }
      } else if (header.type === ChunkType.DICTIONARY) {
        this.#dictionary = place;
      } else if (header.type === ChunkType.STREAM) {
        await this.#announced(header.stream, place);
      }
    }
  }

  async #announced(stream: number, place: Place): Promise<void> {
    try {
      const { payload } = await this.#file.readChunk(ChunkType.STREAM, place);
      this.#file.decode(() => {
        if (stream === 0) this.#about = decodeAbout(payload);
        else this.#streams.push(decodeStreamAnnouncement(payload));
      }, place.offset);
    } catch (error) {
      // What an announcement doesn't say can't be known.
      if (!(error instanceof ArchiveError)) throw error;
    }
  }

  #array(id: number): FoundArray {
    let array = this.#arrays.get(id);
    if (!array) {
      array = { blocks: new Map(), leaves: new Map(), bytes: 0 };
      this.#arrays.set(id, array);
    }
    return array;
  }
}

/** Blocks of an archive whose index may be damaged or missing. */
class SalvageSource extends BlockSource {
  readonly #salvaged: SalvagedChunks;

  constructor(
    file: ArchiveFile,
    root: IndexRoot,
    base: BlockSource | undefined,
    cacheBytes: number,
    salvaged: SalvagedChunks,
  ) {
    super(file, root, base, cacheBytes);
    this.#salvaged = salvaged;
  }

  override async entry(array: BlockArray, block: number): Promise<Entry> {
    let failure: ArchiveError | undefined;
    if (array.pointers.length > 0) {
      try {
        return await super.entry(array, block);
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        failure = error;
      }
    }
    const entry = await this.#salvaged.entry(array, block, this.blockSize);
    if (entry) return entry;
    throw failure ?? this.file.damaged(`block ${block} was not found in it`);
  }
}
