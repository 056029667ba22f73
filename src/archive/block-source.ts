import { createHash } from 'node:crypto';
import { ArchiveError } from './archive-error.js';
import type { ArchiveFile, ChunkPlace, Window } from './archive-file.js';
import { TAG_BYTES } from './archive-key.js';
import { pagesLength, putPages } from './block-patch.js';
import { ContentHash } from './content-hash.js';
import { type ChunkHeader, ChunkType, Coding } from './format/chunk.js';
import type { BlockArray, IndexRoot } from './format/index-root.js';
import {
  checkLeaf,
  decodeEntry,
  ENTRY_BYTES,
  type Entry,
  findPointer,
  LEAF_BLOCKS,
  type LeafPointer,
  ZERO_ENTRY,
} from './format/leaf.js';
import { decodePatch } from './format/patch.js';
import { uncompressBlock } from './lz4.js';
import { SizeBoundedCache } from './size-bounded-cache.js';

/** Leaves are 56 KiB each and describe 128 MiB. */
const LEAF_CACHE_BYTES = 4 * 1024 * 1024;

/** A zero block has no bytes of its own. */
export type Block = Buffer | 'zero';

/** The blocks of one archive, by number, through its base where they are there. Nothing it returns is damaged. */
export class BlockSource {
  readonly file: ArchiveFile;
  readonly root: IndexRoot;
  /** Undefined if there is none, or if it was not looked for. */
  readonly base: BlockSource | undefined;
  readonly hash: ContentHash;
  readonly #arrays = new Map<number, BlockArray>();
  readonly #leaves = new SizeBoundedCache<Buffer>(LEAF_CACHE_BYTES, (leaf) => leaf.length);
  readonly #blocks: SizeBoundedCache<Buffer>;
  #dictionary: Promise<Buffer> | undefined;

  constructor(file: ArchiveFile, root: IndexRoot, base: BlockSource | undefined, cacheBytes: number) {
    this.file = file;
    this.root = root;
    this.base = base;
    this.hash = new ContentHash(root.hashKey);
    this.#blocks = new SizeBoundedCache(cacheBytes, (block) => block.length);
    for (const { arrays } of root.streams) for (const array of arrays) this.#arrays.set(array.id, array);
  }

  get blockSize(): number {
    return this.file.header.blockSize;
  }

  array(id: number): BlockArray | undefined {
    return this.#arrays.get(id);
  }

  blockCount(array: BlockArray): number {
    return Math.ceil(array.bytes / this.blockSize);
  }

  /** Plain bytes of a block: the last of an array may be short. */
  lengthOf(array: BlockArray, block: number): number {
    return Math.min(this.blockSize, array.bytes - block * this.blockSize);
  }

  /** @throws ArchiveError the leaf is damaged */
  async entry(array: BlockArray, block: number): Promise<Entry> {
    const pointer = findPointer(array.pointers, Math.floor(block / LEAF_BLOCKS));
    if (!pointer) return ZERO_ENTRY;
    return decodeEntry(await this.leaf(array, pointer), block % LEAF_BLOCKS);
  }

  leaf(array: BlockArray, pointer: LeafPointer): Promise<Buffer> {
    return this.#leaves.get(`${array.id}/${pointer.number}`, () => this.readLeaf(array, pointer));
  }

  /** @throws ArchiveError */
  async readLeaf(array: BlockArray, pointer: LeafPointer): Promise<Buffer> {
    const first = pointer.number * LEAF_BLOCKS;
    const blocks = Math.min(LEAF_BLOCKS, this.blockCount(array) - first);
    // A pointer's length is only believed if it is the one that it must be.
    const expected = blocks * ENTRY_BYTES + (this.file.key ? TAG_BYTES : 0);
    if (pointer.length !== expected) throw this.file.damaged('a leaf of its index has the wrong length');
    const { header, payload } = await this.file.readChunk(ChunkType.LEAF, pointer);
    const sound =
      header.stream === array.id &&
      header.block === first &&
      createHash('sha256').update(payload).digest().equals(pointer.hash);
    if (!sound) throw this.file.damaged(`the leaf of its index at byte ${pointer.offset} is another`);
    this.file.decode(() => checkLeaf(payload, blocks), pointer.offset);
    return payload;
  }

  /** A block through the cache; it must not be changed. @throws ArchiveError */
  async load(array: BlockArray, block: number): Promise<Block> {
    const entry = await this.entry(array, block);
    if (entry.kind === 'zero') return 'zero';
    const key = entry.kind === 'here' ? `${entry.offset}` : `${entry.stream}:${entry.block}`;
    return this.#blocks.get(key, () => this.decode(entry, this.lengthOf(array, block)));
  }

  /** A block that isn't zero, past the cache. @param window that may hold it. @throws ArchiveError */
  async decode(entry: Exclude<Entry, { kind: 'zero' }>, length: number, window?: Window): Promise<Buffer> {
    const block =
      entry.kind === 'here'
        ? await this.#decodeHere(entry, length, window)
        : await this.#fromBase(entry.stream, entry.block, length);
    // An archive without its index has no hashes, only checksums.
    if (entry.hash.length > 0 && !this.hash.of(block).equals(entry.hash)) {
      throw entry.kind === 'here'
        ? this.file.damaged(`the block at byte ${entry.offset} has other contents than its index says`)
        : this.file.damaged(`block ${entry.block} of its base has other contents than its index says`);
    }
    return block;
  }

  async #decodeHere(place: ChunkPlace, length: number, window?: Window): Promise<Buffer> {
    // The longest that can be: nothing helped, in a patch.
    if (place.length > length + 64 + TAG_BYTES)
      throw this.file.damaged('its index gives a block an impossible length');
    const { header, payload } = await this.file.readChunk(ChunkType.BLOCK, place, window);
    return this.decodePayload(header, payload, length, place.offset);
  }

  /** What a block's chunk stands for. @throws ArchiveError */
  async decodePayload(header: ChunkHeader, payload: Buffer, length: number, offset: number): Promise<Buffer> {
    const { coding } = header;
    if (header.plain !== length) throw this.file.damaged(`the block at byte ${offset} is of another length`);
    if (coding & Coding.PATCH) {
      const patch = this.file.decode(() => decodePatch(payload, length), offset);
      const pagesBytes = pagesLength(length, patch.header.bitmap);
      const pages = await this.#plain(coding, patch.pages, pagesBytes, offset);
      const before = await this.#fromBase(patch.header.stream, patch.header.block, length);
      return putPages(before, patch.header.bitmap, pages);
    }
    return this.#plain(coding, payload, length, offset);
  }

  async #plain(coding: number, stored: Buffer, length: number, offset: number): Promise<Buffer> {
    const dictionary = coding & Coding.DICTIONARY ? await this.dictionary() : undefined;
    const plain = coding & Coding.LZ4 ? await uncompressBlock(stored, length, dictionary) : stored;
    if (plain?.length !== length) {
      throw this.file.damaged(`the block at byte ${offset} does not come to ${length} bytes`);
    }
    return plain;
  }

  /** @throws ArchiveError there is none, or it is damaged */
  dictionary(): Promise<Buffer> {
    const place = this.root.dictionary;
    if (!place) return Promise.reject(this.file.damaged('a block needs a dictionary, and there is none'));
    const MAX_DICTIONARY = 64 * 1024 + TAG_BYTES;
    if (place.length > MAX_DICTIONARY) return Promise.reject(this.file.damaged('its dictionary is too long'));
    this.#dictionary ??= this.file.readChunk(ChunkType.DICTIONARY, place).then(({ payload }) => payload);
    return this.#dictionary;
  }

  async #fromBase(id: number, block: number, length: number): Promise<Buffer> {
    const { base } = this;
    if (!base) {
      const name = this.root.base?.name;
      if (name === undefined) throw this.file.damaged('a block refers to a base, and there is none');
      throw new ArchiveError('needs-base', `archive '${this.file.path}' needs its base '${name}'`);
    }
    const array = base.array(id);
    if (!array || block >= base.blockCount(array) || base.lengthOf(array, block) !== length) {
      throw this.file.damaged('a block refers to what its base does not have');
    }
    const loaded = await base.load(array, block);
    return loaded === 'zero' ? Buffer.alloc(length) : loaded;
  }

  /** Waits for nothing; closes the bases, too. */
  async close(): Promise<void> {
    await this.file.close();
    await this.base?.close();
  }
}
