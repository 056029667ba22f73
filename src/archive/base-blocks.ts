import type { BaseBlocks, Likeness } from './block-store.js';
import { BoundedMap } from './bounded-map.js';
import { decodeEntry, decodePointer, ENTRY_BYTES, LEAF_BLOCKS, POINTER_BYTES } from './format/leaf.js';
import type { KnownBlocks } from './known-blocks.js';
import type { OpenArchive } from './reader.js';

/** Leaves that are read beforehand; the rest is found by place alone. 1,024 leaves describe 128 GiB. */
const MAX_LEAVES = 1024;
/** Room for the block numbers of one RAM block, in a key. */
const RAM_BLOCK_KEYS = 2 ** 36;

/** What a thin archive needs to know of its base. */
export class ThinBase implements BaseBlocks {
  readonly archive: OpenArchive;
  readonly #arrayIds = new Map<string, readonly number[]>();
  readonly #ramBlocks = new Map<string, number>();
  readonly #groups = new BoundedMap();

  private constructor(archive: OpenArchive) {
    this.archive = archive;
    for (const { name, arrays } of archive.source.root.streams) {
      this.#arrayIds.set(
        name,
        arrays.map(({ id }) => id),
      );
    }
  }

  /** @param known learns the base's blocks. @throws ArchiveError the base is damaged */
  static async open(archive: OpenArchive, known: KnownBlocks): Promise<ThinBase> {
    const base = new ThinBase(archive);
    await base.#learn(known);
    if (archive.memory) {
      for await (const { ramBlock, number, group } of archive.memory.groups()) {
        base.#groups.set(base.#groupKey(ramBlock, number, true), group);
      }
    }
    return base;
  }

  /** The block at the same place of the stream of the same name. */
  placeOf(stream: string, array: number, block: number): Likeness | undefined {
    const id = this.#arrayIds.get(stream)?.[array];
    return id === undefined ? undefined : { stream: id, block };
  }

  /** The group of the same guest addresses; of several, the last. */
  groupOf(ramBlock: string, number: number): Likeness | undefined {
    const group = this.#groups.get(this.#groupKey(ramBlock, number, false));
    return group === undefined ? undefined : this.placeOf('memory', 1, group);
  }

  async hashOf({ stream, block }: Likeness): Promise<Buffer | undefined> {
    const { source } = this.archive;
    const array = source.array(stream);
    if (!array || block >= source.blockCount(array)) return undefined;
    const entry = await source.entry(array, block);
    return entry.kind === 'zero' ? undefined : entry.hash;
  }

  async load({ stream, block }: Likeness): Promise<Buffer | undefined> {
    const { source } = this.archive;
    const array = source.array(stream);
    if (!array || block >= source.blockCount(array)) return undefined;
    const loaded = await source.load(array, block);
    return loaded === 'zero' ? undefined : loaded;
  }

  async #learn(known: KnownBlocks): Promise<void> {
    const { source } = this.archive;
    let leaves = 0;
    for (const { arrays } of source.root.streams) {
      for (const array of arrays) {
        for (let index = 0; index * POINTER_BYTES < array.pointers.length; index++) {
          if (leaves++ === MAX_LEAVES) return;
          const pointer = decodePointer(array.pointers, index);
          const leaf = await source.readLeaf(array, pointer);
          for (let entry = 0; entry * ENTRY_BYTES < leaf.length; entry++) {
            const found = decodeEntry(leaf, entry);
            if (found.kind === 'zero') continue;
            const block = pointer.number * LEAF_BLOCKS + entry;
            known.add({ kind: 'base', stream: array.id, block, hash: found.hash });
          }
        }
      }
    }
  }

  #groupKey(ramBlock: string, number: number, isNew: boolean): number {
    let index = this.#ramBlocks.get(ramBlock);
    if (index === undefined) {
      if (!isNew) return -1;
      index = this.#ramBlocks.size;
      this.#ramBlocks.set(ramBlock, index);
    }
    return index * RAM_BLOCK_KEYS + number;
  }
}
