import { ArchiveError } from './archive-error.js';
import { decode, WindowReader } from './block-sequence.js';
import type { BlockSource } from './block-source.js';
import { BoundedMap } from './bounded-map.js';
import type { ArchiveReader, Damage, VerifyOptions, VerifyReport } from './contract.js';
import type { BlockArray } from './format/index-root.js';
import { decodeEntry, decodePointer, type Entry, LEAF_BLOCKS, POINTER_BYTES } from './format/leaf.js';
import { OpenArchive } from './reader.js';

/** Blocks that are being checked at once. */
const UNDER_WAY = 24;
const MAX_DAMAGES = 1000;
const PROGRESS_BYTES = 16 * 1024 * 1024;

/**
 * Reads everything there is: every leaf, every block with its checksum and its content's hash, every reference, and
 * the memory's layout. What is wrong is in the report; only what can't be examined is thrown.
 */
export async function verifyArchive(
  archive: ArchiveReader,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  if (!(archive instanceof OpenArchive)) {
    throw new ArchiveError('misuse', 'only what openArchive() gives can be verified');
  }
  const verification = new Verification(archive.source, options);
  for (const { name, arrays } of archive.source.root.streams) {
    for (const array of arrays) await verification.array(name, array);
  }
  const { memory } = archive;
  // What its layout says can only be read from sound blocks.
  if (memory && !verification.damages.some(({ stream }) => stream === 'memory')) {
    await verification.attempt({ stream: 'memory', offset: 0, length: memory.size }, () =>
      memory.check(options.signal),
    );
  }
  const { dictionary } = archive.source.root;
  if (dictionary) await verification.attempt({}, () => archive.source.dictionary());
  verification.finished();
  const { blocks, plainBytes, storedBytes, damages } = verification;
  return { sound: damages.length === 0, blocks, plainBytes, storedBytes, damages };
}

/** Where a damage is. */
type Place = Pick<Damage, 'stream' | 'offset' | 'length'>;

class Verification {
  blocks = 0;
  plainBytes = 0;
  storedBytes = 0;
  readonly damages: Damage[] = [];
  readonly #source: BlockSource;
  readonly #options: VerifyOptions;
  readonly #reader: WindowReader;
  /** Chunks that were found sound, with a part of their block's hash. */
  readonly #sound = new BoundedMap();
  #underWay = 0;
  #wake: (() => void) | undefined;
  #reported = 0;
  #failure: Error | undefined;

  constructor(source: BlockSource, options: VerifyOptions) {
    this.#source = source;
    this.#options = options;
    this.#reader = new WindowReader(source);
  }

  async array(name: string, array: BlockArray): Promise<void> {
    const { blockSize } = this.#source;
    for (let index = 0; index * POINTER_BYTES < array.pointers.length; index++) {
      const pointer = decodePointer(array.pointers, index);
      const first = pointer.number * LEAF_BLOCKS;
      const count = Math.min(LEAF_BLOCKS, this.#source.blockCount(array) - first);
      const place = {
        stream: name,
        offset: first * blockSize,
        length: Math.min(count * blockSize, array.bytes - first * blockSize),
      };
      const leaf = await this.attempt(place, () => this.#source.readLeaf(array, pointer));
      if (!leaf) continue;
      this.storedBytes += pointer.length;
      for (let at = 0; at < count; at++) {
        const entry = decodeEntry(leaf, at);
        if (entry.kind === 'zero') continue;
        this.#options.signal?.throwIfAborted();
        while (this.#underWay >= UNDER_WAY) await this.#change();
        if (this.#enough) break;
        this.#check(name, array, first + at, entry);
      }
      if (this.#enough) break;
    }
    while (this.#underWay > 0) await this.#change();
  }

  get #enough(): boolean {
    return this.damages.length >= (this.#options.maxDamages ?? MAX_DAMAGES);
  }

  /** @returns undefined if it failed; the damage is noted. */
  async attempt<T>(place: Place, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      // A patch has been checked by itself when its base is missed.
      if (error.problem === 'needs-base' && this.#options.withBase === false) return undefined;
      this.damages.push({ problem: error.problem, ...place, message: error.message });
      return undefined;
    }
  }

  finished(): void {
    this.#progress(true);
  }

  #check(name: string, array: BlockArray, block: number, entry: Exclude<Entry, { kind: 'zero' }>): void {
    const length = this.#source.lengthOf(array, block);
    this.blocks++;
    this.plainBytes += length;
    if (entry.kind === 'base' && this.#options.withBase === false) return;
    const mark = entry.hash.readUIntLE(0, 6);
    if (entry.kind === 'here' && this.#sound.get(entry.offset) === mark) return;
    const place = { stream: name, offset: block * this.#source.blockSize, length };
    this.#underWay++;
    void this.attempt(place, () => decode(this.#source, entry, length, this.#reader))
      .then((decoded) => {
        if (entry.kind !== 'here') return;
        this.storedBytes += entry.length;
        if (decoded) this.#sound.set(entry.offset, mark);
      })
      .catch((error: Error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#underWay--;
        this.#progress(false);
        this.#wake?.();
      });
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#failure) throw this.#failure;
  }

  #progress(finished: boolean): void {
    const { onProgress } = this.#options;
    if (!onProgress) return;
    if (!finished && this.storedBytes - this.#reported < PROGRESS_BYTES) return;
    this.#reported = this.storedBytes;
    const total = this.#source.file.length;
    onProgress({ checked: finished ? total : Math.min(this.storedBytes, total), total });
  }
}
