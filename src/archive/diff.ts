import { ArchiveError } from './archive-error.js';
import type { Block, BlockSource } from './block-source.js';
import { BoundedMap } from './bounded-map.js';
import type { ArchiveReader, StreamDifference } from './contract.js';
import type { BlockArray, StoredStream } from './format/index-root.js';
import { type Entry, findPointer, LEAF_BLOCKS } from './format/leaf.js';
import { OpenArchive } from './reader.js';

const MAX_RANGES = 10_000;

/**
 * Compares two archives stream by stream, by their contents' hashes where they share a key (a thin archive and its
 * base do), otherwise by reading both.
 * @throws ArchiveError
 */
export async function diffArchives(
  before: ArchiveReader,
  after: ArchiveReader,
  signal?: AbortSignal,
): Promise<StreamDifference[]> {
  if (!(before instanceof OpenArchive) || !(after instanceof OpenArchive)) {
    throw new ArchiveError('misuse', 'only what openArchive() gives can be compared');
  }
  const comparison = new Comparison(before, after, signal);
  const names = new Set([...before.info.streams, ...after.info.streams].map(({ name }) => name));
  const differences: StreamDifference[] = [];
  for (const name of names) differences.push(await comparison.stream(name));
  return differences;
}

/** Where a block is. */
interface Located {
  readonly array: BlockArray;
  readonly block: number;
}

class Comparison {
  readonly #before: OpenArchive;
  readonly #after: OpenArchive;
  readonly #signal: AbortSignal | undefined;
  readonly #sameKey: boolean;

  constructor(before: OpenArchive, after: OpenArchive, signal: AbortSignal | undefined) {
    this.#before = before;
    this.#after = after;
    this.#signal = signal;
    this.#sameKey = before.source.root.hashKey.equals(after.source.root.hashKey);
  }

  async stream(name: string): Promise<StreamDifference> {
    const [old, now] = [this.#storedIn(this.#before, name), this.#storedIn(this.#after, name)];
    const sizes = { name, sizeBefore: old?.size, sizeAfter: now?.size };
    const kind = (now ?? old)?.kind as StoredStream['kind'];
    if (!old) return { ...sizes, kind, state: 'added', changedBytes: now?.size ?? 0, ranges: [] };
    if (!now) return { ...sizes, kind, state: 'removed', changedBytes: 0, ranges: [] };
    // Of memory, the first is the layout: everything that is no page.
    const first = await this.#blocks(old, now);
    const blocks = kind === 'memory' ? await this.#memory() : first;
    const same = first.changedBytes + blocks.changedBytes === 0 && old.size === now.size;
    return { ...sizes, kind, state: same ? 'same' : 'changed', ...blocks };
  }

  async #blocks(
    old: StoredStream,
    now: StoredStream,
  ): Promise<Pick<StreamDifference, 'changedBytes' | 'ranges'>> {
    const [a, b] = [this.#before.source, this.#after.source];
    if (a.blockSize !== b.blockSize) {
      throw new ArchiveError('misuse', 'archives with blocks of different lengths cannot be compared');
    }
    const [arrayA, arrayB] = [old.arrays[0] as BlockArray, now.arrays[0] as BlockArray];
    const ranges: { offset: number; length: number }[] = [];
    let changedBytes = 0;
    const count = b.blockCount(arrayB);
    for (let block = 0; block < count; ) {
      this.#signal?.throwIfAborted();
      const leaf = Math.floor(block / LEAF_BLOCKS);
      if (!findPointer(arrayA.pointers, leaf) && !findPointer(arrayB.pointers, leaf)) {
        // Both are zero throughout.
        block = (leaf + 1) * LEAF_BLOCKS;
        continue;
      }
      const different = !(await this.#sameBlock({ array: arrayA, block }, { array: arrayB, block }));
      if (different) {
        const [offset, length] = [block * b.blockSize, b.lengthOf(arrayB, block)];
        changedBytes += length;
        const last = ranges.at(-1);
        if (last && last.offset + last.length === offset) last.length += length;
        else if (ranges.length < MAX_RANGES) ranges.push({ offset, length });
      }
      block++;
    }
    return { changedBytes, ranges };
  }

  /** Pages of the second that the first has not got at the same guest address, by groups. */
  async #memory(): Promise<Pick<StreamDifference, 'changedBytes' | 'ranges'>> {
    const places = new BoundedMap();
    const ramBlocks = new Map<string, number>();
    const keyOf = (ramBlock: string, number: number): number => {
      let index = ramBlocks.get(ramBlock);
      if (index === undefined) {
        index = ramBlocks.size;
        ramBlocks.set(ramBlock, index);
      }
      return index * 2 ** 36 + number;
    };
    for await (const { ramBlock, number, group } of this.#before.memory?.groups() ?? []) {
      places.set(keyOf(ramBlock, number), group);
    }
    const [arrayA, arrayB] = [this.#pagesOf(this.#before), this.#pagesOf(this.#after)];
    let changedBytes = 0;
    for await (const { ramBlock, number, group } of this.#after.memory?.groups() ?? []) {
      this.#signal?.throwIfAborted();
      const there = places.get(keyOf(ramBlock, number));
      const now = { array: arrayB, block: group };
      const same = there !== undefined && (await this.#sameBlock({ array: arrayA, block: there }, now));
      if (!same) changedBytes += this.#after.source.blockSize;
    }
    return { changedBytes, ranges: [] };
  }

  async #sameBlock(old: Located, now: Located): Promise<boolean> {
    const [a, b] = [this.#before.source, this.#after.source];
    const there = old.block < a.blockCount(old.array);
    if (!there || a.lengthOf(old.array, old.block) !== b.lengthOf(now.array, now.block)) return false;
    const [entryA, entryB] = [await a.entry(old.array, old.block), await b.entry(now.array, now.block)];
    if (entryA.kind === 'zero' || entryB.kind === 'zero') return entryA.kind === entryB.kind;
    if (this.#sameKey) return entryA.hash.equals(entryB.hash);
    return (await load(a, old, entryA)).equals(await load(b, now, entryB));
  }

  #storedIn(archive: OpenArchive, name: string): StoredStream | undefined {
    return archive.source.root.streams.find((stream) => stream.name === name);
  }

  #pagesOf(archive: OpenArchive): BlockArray {
    return archive.stored('memory').arrays[1] as BlockArray;
  }
}

async function load(source: BlockSource, { array, block }: Located, entry: Entry): Promise<Buffer> {
  const loaded: Block = await source.load(array, block);
  return loaded === 'zero' || entry.kind === 'zero' ? Buffer.alloc(source.lengthOf(array, block)) : loaded;
}
