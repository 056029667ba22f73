import { createHash } from 'node:crypto';
import type { ChunkFile } from './chunk-file.js';
import { ChunkType } from './format/chunk.js';
import type { StoredCounts } from './format/index-root.js';
import {
  ENTRY_BYTES,
  type Entry,
  encodeEntry,
  encodePointer,
  LEAF_BLOCKS,
  type LeafPointer,
  POINTER_BYTES,
} from './format/leaf.js';

interface OpenLeaf {
  /** Undefined while all its blocks are zero. */
  bytes: Buffer | undefined;
  /** Blocks that have been given and are not yet where they will be. */
  pending: number;
}

/** Keeps the index of one sequence of blocks, and writes each leaf as soon as nothing in it can change. */
export class ArrayWriter {
  readonly counts: { -readonly [name in keyof StoredCounts]: StoredCounts[name] } = {
    ...{ zero: 0, raw: 0, compressed: 0, shared: 0, base: 0, patch: 0, storedBytes: 0 },
  };
  readonly #file: ChunkFile;
  readonly #leaves = new Map<number, OpenLeaf>();
  #pointers: LeafPointer[] = [];
  /** The leaf that blocks are given for; those before it get no more. */
  #current = 0;
  /** Blocks, once the stream has ended. */
  #blocks = Number.POSITIVE_INFINITY;

  constructor(
    readonly id: number,
    file: ChunkFile,
  ) {
    this.#file = file;
  }

  /** A block is on its way. Blocks ascend. */
  expect(block: number): void {
    const number = Math.floor(block / LEAF_BLOCKS);
    if (number !== this.#current) {
      const before = this.#current;
      this.#current = number;
      this.#writeIfReady(before);
    }
    const leaf = this.#leaves.get(number);
    if (leaf) leaf.pending++;
    else this.#leaves.set(number, { bytes: undefined, pending: 1 });
  }

  /** An expected block is there. */
  settle(block: number, entry: Entry): void {
    const number = Math.floor(block / LEAF_BLOCKS);
    const leaf = this.#leaves.get(number);
    if (!leaf) throw new Error(`block ${block} was not expected`);
    if (entry.kind !== 'zero') {
      leaf.bytes ??= Buffer.alloc(LEAF_BLOCKS * ENTRY_BYTES);
      encodeEntry(leaf.bytes, block % LEAF_BLOCKS, entry);
    }
    leaf.pending--;
    this.#writeIfReady(number);
  }

  /** All blocks are settled, and there were so many. @returns the pointers, as the index holds them. */
  close(blocks: number): Buffer {
    this.#blocks = blocks;
    this.#current = Number.POSITIVE_INFINITY;
    for (const number of [...this.#leaves.keys()]) this.#writeIfReady(number);
    if (this.#leaves.size > 0) throw new Error('a block is missing');
    this.#pointers.sort((a, b) => a.number - b.number);
    const table = Buffer.alloc(this.#pointers.length * POINTER_BYTES);
    this.#pointers.forEach((pointer, index) => {
      encodePointer(table, index, pointer);
    });
    this.#pointers = [];
    return table;
  }

  #writeIfReady(number: number): void {
    const leaf = this.#leaves.get(number);
    if (!leaf || leaf.pending > 0 || number === this.#current) return;
    this.#leaves.delete(number);
    if (!leaf.bytes) return;
    const first = number * LEAF_BLOCKS;
    const bytes = leaf.bytes.subarray(0, Math.min(LEAF_BLOCKS, this.#blocks - first) * ENTRY_BYTES);
    const chunk = { type: ChunkType.LEAF, stream: this.id, block: first };
    const hash = createHash('sha256').update(bytes).digest();
    this.#pointers.push({ number, ...this.#file.appendChunk(chunk, bytes), hash });
  }
}
