import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ArrayWriter } from './array-writer.js';
import { changedPages, pickPages } from './block-patch.js';
import type { BlockPool } from './block-pool.js';
import type { ChunkFile } from './chunk-file.js';
import type { ContentHash } from './content-hash.js';
import type { DictionaryTrial } from './dictionary.js';
import { ChunkType, Coding } from './format/chunk.js';
import { type Entry, ZERO_ENTRY } from './format/leaf.js';
import { encodePatchHeader } from './format/patch.js';
import type { KnownBlocks } from './known-blocks.js';
import { compressBlock, compressBlockNow } from './lz4.js';

/** Blocks that may be on their way at once: enough for every thread of the pool, and for the next turn. */
const MAX_UNDER_WAY = 24;
/** With so many waiting the pool has enough to do, and this thread does one itself instead of waiting for it. */
const POOL_IS_BUSY = 16;

/** A block of the base that is probably like the one to be stored. */
export interface Likeness {
  readonly stream: number;
  readonly block: number;
}

/** What the store needs of a base. */
export interface BaseBlocks {
  hashOf(place: Likeness): Promise<Buffer | undefined>;
  load(place: Likeness): Promise<Buffer | undefined>;
}

interface StoreParts {
  readonly file: ChunkFile;
  readonly pool: BlockPool;
  readonly hash: ContentHash;
  readonly known: KnownBlocks;
  readonly dictionary: DictionaryTrial;
  readonly base: BaseBlocks | undefined;
}

/** A block that is neither zero nor known. */
interface StoreTask {
  readonly array: ArrayWriter;
  readonly block: number;
  readonly plain: Buffer;
  readonly hash: Buffer;
  readonly likeness: Likeness | undefined;
  /** The block before it. */
  readonly before: Promise<void>;
}

/** Decides for each block how it is stored, and has it done by all processors. */
export class BlockStore {
  readonly #parts: StoreParts;
  readonly #zeroes: Buffer;
  /** Blocks that are being stored, by content, and what else waits for them. */
  readonly #storing = new Map<string, ((entry: Entry) => void)[]>();
  /** Settles when the block that was given last is on its way: they go into the file in the order in which they come. */
  #last: Promise<void> = Promise.resolve();
  #underWay = 0;
  #waiting: (() => void)[] = [];
  #failure: Error | undefined;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#zeroes = Buffer.alloc(parts.pool.blockSize);
  }

  /** Everything fails from now on. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.wake();
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Lets those that wait look again. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each();
  }

  /** Waits until more blocks may be given. @throws what made the writer fail */
  async room(): Promise<void> {
    // What the pool has done is told between two turns only.
    if (this.#underWay > POOL_IS_BUSY) await nextTurn();
    while (!this.#failure && (this.#underWay >= MAX_UNDER_WAY || this.#parts.file.full)) await this.#change();
    if (this.#failure) throw this.#failure;
  }

  /** Waits until every block that was given is on its way to the file. @throws as room() */
  async idle(): Promise<void> {
    while (!this.#failure && this.#underWay > 0) await this.#change();
    if (this.#failure) throw this.#failure;
  }

  /** Waits until nothing uses memory or files any more, whether or not it failed. */
  async settle(): Promise<void> {
    while (this.#underWay > 0) await this.#change();
  }

  /**
   * Stores a block.
   * @param buffer of the pool, and the store's from now on.
   */
  put(array: ArrayWriter, block: number, buffer: Buffer, length: number, likeness?: Likeness): void {
    array.expect(block);
    this.putExpected(array, block, buffer, length, likeness);
  }

  /** The same for a block that the array has been told to expect. */
  putExpected(array: ArrayWriter, block: number, buffer: Buffer, length: number, likeness?: Likeness): void {
    const { pool } = this.#parts;
    const plain = length === buffer.length ? buffer : buffer.subarray(0, length);
    const content = this.#failure ? undefined : this.#unlessKnown(array, block, plain);
    if (!content) {
      pool.give(buffer);
      return;
    }
    const name = content.toString('latin1');
    this.#storing.set(name, []);
    this.#underWay++;
    const before = this.#last;
    const stored = this.#store({ array, block, plain, hash: content, likeness, before });
    this.#last = stored.then(
      () => before,
      () => before,
    );
    void stored
      .then((entry) => {
        this.#parts.known.add(entry);
        array.settle(block, entry);
        for (const settle of this.#storing.get(name) ?? []) settle(entry);
      })
      .catch((error: Error) => this.fail(error))
      .finally(() => {
        this.#storing.delete(name);
        pool.give(buffer);
        this.#underWay--;
        this.wake();
      });
  }

  /** @returns the block's hash if it must be stored; otherwise its entry is made, or will be. */
  #unlessKnown(array: ArrayWriter, block: number, plain: Buffer): Buffer | undefined {
    const zeroes =
      plain.length === this.#zeroes.length ? this.#zeroes : this.#zeroes.subarray(0, plain.length);
    if (plain.equals(zeroes)) {
      array.counts.zero++;
      array.settle(block, ZERO_ENTRY);
      return undefined;
    }
    const hash = this.#parts.hash.of(plain);
    const found = this.#parts.known.find(hash);
    const twins = found ? undefined : this.#storing.get(hash.toString('latin1'));
    if (found) array.settle(block, found);
    else if (twins) twins.push((entry) => array.settle(block, entry));
    else return hash;
    array.counts[found?.kind === 'base' ? 'base' : 'shared']++;
    return undefined;
  }

  async #store(task: StoreTask): Promise<Entry> {
    const { array, block, plain, hash, likeness, before } = task;
    const { base, dictionary, file } = this.#parts;
    if (base && likeness) {
      const like = await base.hashOf(likeness);
      if (like?.equals(hash)) {
        array.counts.base++;
        return { kind: 'base', ...likeness, hash };
      }
      const patched = like && (await this.#patch(task, likeness));
      if (patched) return patched;
    }
    const words = dictionary.current;
    const compressed =
      this.#underWay > POOL_IS_BUSY ? compressBlockNow(plain, words) : await compressBlock(plain, words);
    await before;
    const smaller = compressed.length < plain.length;
    const coding = !smaller ? 0 : words ? Coding.LZ4 | Coding.DICTIONARY : Coding.LZ4;
    array.counts[smaller ? 'compressed' : 'raw']++;
    // The pool's buffer is needed again before the file has been written.
    const payload = smaller ? compressed : Buffer.from(plain);
    const chunk = { type: ChunkType.BLOCK, coding, stream: array.id, block, plain: plain.length };
    const place = file.appendChunk(chunk, payload);
    array.counts.storedBytes += place.length;
    dictionary.sample(plain);
    return { kind: 'here', ...place, hash };
  }

  /** @returns undefined if it is too different. */
  async #patch(
    { array, block, plain, hash, before }: StoreTask,
    likeness: Likeness,
  ): Promise<Entry | undefined> {
    const like = await this.#parts.base?.load(likeness);
    const bitmap = like && changedPages(like, plain);
    if (!bitmap) return undefined;
    const pages = pickPages(plain, bitmap);
    const compressed = await compressBlock(pages);
    await before;
    const smaller = compressed.length < pages.length;
    const payload = Buffer.concat([encodePatchHeader({ ...likeness, bitmap }), smaller ? compressed : pages]);
    const coding = Coding.PATCH | (smaller ? Coding.LZ4 : 0);
    const chunk = { type: ChunkType.BLOCK, coding, stream: array.id, block, plain: plain.length };
    const place = this.#parts.file.appendChunk(chunk, payload);
    array.counts.patch++;
    array.counts.storedBytes += place.length;
    return { kind: 'here', ...place, hash };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
