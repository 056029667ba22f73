import { ArchiveError } from './archive-error.js';
import { decode, WindowReader } from './block-sequence.js';
import type { BlockSource } from './block-source.js';
import { BoundedMap } from './bounded-map.js';
import { CheckPool } from './check-pool.js';
import type { ArchiveReader, Damage, VerifyOptions, VerifyReport } from './contract.js';
import { CHUNK_HEADER_BYTES } from './format/chunk.js';
import type { BlockArray } from './format/index-root.js';
import { decodeEntry, decodePointer, type Entry, LEAF_BLOCKS, POINTER_BYTES } from './format/leaf.js';
import { OpenArchive } from './reader.js';

/** Blocks that are being checked at once. */
const UNDER_WAY = 24;
const MAX_DAMAGES = 1000;
const PROGRESS_BYTES = 16 * 1024 * 1024;
/** What a thread gets at once, and how often it has something to go on with. */
const BATCH_BYTES = 1024 * 1024;
const BATCHES_A_THREAD = 2;

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
  const pool = await CheckPool.start(archive.source);
  const verification = new Verification(archive.source, options, pool);
  try {
    for (const { name, arrays } of archive.source.root.streams) {
      for (const array of arrays) await verification.array(name, array);
    }
  } finally {
    await pool?.close();
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

/** A block of the file that is to be checked. */
interface Pending {
  readonly entry: Here;
  readonly block: number;
  readonly length: number;
  /** Others that have the same chunk. */
  readonly twins: Pending[];
}

type Here = Extract<Entry, { kind: 'here' }>;

/** Blocks that lie one after the other in the file, to be checked by a thread. */
interface Batch {
  readonly start: number;
  end: number;
  readonly pending: Pending[];
}

/** Where a damage is. */
type Place = Pick<Damage, 'stream' | 'offset' | 'length'>;

/** The blocks of a leaf that aren't zero, as their chunks lie in the file: they were written as they came to be compressed. */
function inFileOrder(
  leaf: Buffer,
  first: number,
  count: number,
): { entry: Exclude<Entry, { kind: 'zero' }>; block: number }[] {
  const blocks: { entry: Exclude<Entry, { kind: 'zero' }>; block: number }[] = [];
  for (let at = 0; at < count; at++) {
    const entry = decodeEntry(leaf, at);
    if (entry.kind !== 'zero') blocks.push({ entry, block: first + at });
  }
  const offsetOf = (entry: Entry): number => (entry.kind === 'here' ? entry.offset : 0);
  return blocks.sort((one, other) => offsetOf(one.entry) - offsetOf(other.entry));
}

/** A part of a block's hash, to know it again. */
const markOf = ({ hash }: Exclude<Entry, { kind: 'zero' }>): number => hash.readUIntLE(0, 6);

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
  readonly #pool: CheckPool | undefined;
  #batch: Batch | undefined;
  #batches = 0;
  #underWay = 0;
  #wake: (() => void) | undefined;
  #reported = 0;
  #failure: Error | undefined;

  constructor(source: BlockSource, options: VerifyOptions, pool: CheckPool | undefined) {
    this.#source = source;
    this.#options = options;
    this.#pool = pool;
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
      for (const { entry, block } of inFileOrder(leaf, first, count)) {
        this.#options.signal?.throwIfAborted();
        while (this.#busy) await this.#change();
        if (this.#enough) break;
        this.#check(name, array, block, entry);
      }
      this.#flush(name);
      if (this.#enough) break;
    }
    while (this.#underWay > 0 || this.#batches > 0) await this.#change();
  }

  get #busy(): boolean {
    return this.#underWay >= UNDER_WAY || this.#batches > BATCHES_A_THREAD * (this.#pool?.threads ?? 0);
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
    const mark = markOf(entry);
    if (entry.kind === 'here' && this.#sound.get(entry.offset) === mark) return;
    if (entry.kind === 'here' && this.#pool && this.#gather(name, { entry, block, length, twins: [] }))
      return;
    this.#decode(name, { entry, block, length });
  }

  /** Checks a block by itself, and tells what is wrong with it. */
  #decode(
    name: string,
    { entry, block, length }: { entry: Exclude<Entry, { kind: 'zero' }>; block: number; length: number },
  ): void {
    const place = { stream: name, offset: block * this.#source.blockSize, length };
    this.#underWay++;
    void this.attempt(place, () => decode(this.#source, entry, length, this.#reader))
      .then((decoded) => {
        if (entry.kind !== 'here') return;
        this.storedBytes += entry.length;
        if (decoded) this.#sound.set(entry.offset, markOf(entry));
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

  /** @returns false for one that a thread is not to check: it lies before the others, or where the file has no bytes. */
  #gather(name: string, pending: Pending): boolean {
    const { offset, length } = pending.entry;
    const end = offset + CHUNK_HEADER_BYTES + length;
    if (end - offset > BATCH_BYTES || end > this.#source.file.length) return false;
    const last = this.#batch?.pending.at(-1);
    if (
      last?.entry.offset === offset &&
      last.entry.length === length &&
      markOf(last.entry) === markOf(pending.entry)
    ) {
      last.twins.push(pending);
      return true;
    }
    if (this.#batch && offset < this.#batch.end) return false;
    if (this.#batch && end > this.#batch.start + BATCH_BYTES) this.#flush(name);
    this.#batch ??= { start: offset, end, pending: [] };
    this.#batch.end = end;
    this.#batch.pending.push(pending);
    return true;
  }

  #flush(name: string): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (!batch) return;
    this.#batches++;
    void this.#checkBatch(name, batch)
      .catch((error: Error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#batches--;
        this.#progress(false);
        this.#wake?.();
      });
  }

  /** Has a thread check blocks. Those that it doesn't find sound are looked at once more, to tell what it is. */
  async #checkBatch(name: string, { start, end, pending }: Batch): Promise<void> {
    const bytes = await this.#source.file.read(start, end - start).catch((error: unknown) => {
      if (error instanceof ArchiveError) return undefined;
      throw error;
    });
    const blocks = pending.map(({ entry: { offset, length, hash }, length: plain }) => ({
      ...{ offset, length, plain },
      hash: Uint8Array.from(hash),
    }));
    const verdict = bytes && (await this.#pool?.check({ start, bytes, blocks }));
    for (const [index, each] of pending.entries()) {
      if (verdict?.[index] !== 1) {
        for (const one of [each, ...each.twins]) this.#decode(name, one);
        continue;
      }
      this.storedBytes += each.entry.length;
      this.#sound.set(each.entry.offset, markOf(each.entry));
    }
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
