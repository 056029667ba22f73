import { setImmediate as nextTurn } from 'node:timers/promises';
import { compressBlock } from './lz4.js';

/** LZ4 reaches back 64 KiB; a shorter dictionary is in reach of a longer part of each block. */
const DICTIONARY_BYTES = 32 * 1024;
const SAMPLES = 96;
const SAMPLE_BYTES = 16 * 1024;
const SEGMENT = 128;
/** Segments that are looked at in one turn: half a millisecond. */
const PORTION = 256;
/** What it must save to be worth the reader's and the writer's trouble. */
const MIN_GAIN = 0.03;

/**
 * Collects samples of the first blocks, makes a dictionary of half of them, and tries it on the other half. Until then,
 * and if it doesn't pay, blocks are compressed without.
 */
export class DictionaryTrial {
  readonly #mode: 'auto' | 'on' | 'off';
  readonly #publish: (dictionary: Buffer) => void;
  #samples: Buffer[] = [];
  #seen = 0;
  #trial: Promise<void> | undefined;
  #done: boolean;
  #current: Buffer | undefined;

  /** @param publish stores the dictionary, before any block that needs it. */
  constructor(mode: 'auto' | 'on' | 'off', publish: (dictionary: Buffer) => void) {
    this.#mode = mode;
    this.#publish = publish;
    this.#done = mode === 'off';
  }

  /** What blocks are to be compressed with now. */
  get current(): Buffer | undefined {
    return this.#current;
  }

  sample(block: Buffer): void {
    if (this.#done || this.#trial) return;
    // Every other block, so that the samples don't all come from a single file in the guest's cache.
    if (this.#seen++ % 2 === 1) return;
    this.#samples.push(Buffer.from(block.subarray(0, SAMPLE_BYTES)));
    if (this.#samples.length === SAMPLES) this.#trial = this.#try();
  }

  /** Waits for a trial that is under way. */
  async settle(): Promise<void> {
    await this.#trial?.catch(() => undefined);
  }

  async #try(): Promise<void> {
    const training = this.#samples.filter((_, index) => index % 2 === 0);
    const test = this.#samples.filter((_, index) => index % 2 === 1);
    this.#samples = [];
    const dictionary = await trainDictionary(training);
    let [without, within] = [0, 0];
    for (const sample of test) {
      without += (await compressBlock(sample)).length;
      within += (await compressBlock(sample, dictionary)).length;
    }
    this.#done = true;
    if (this.#mode === 'auto' && within > without * (1 - MIN_GAIN)) return;
    this.#publish(dictionary);
    this.#current = dictionary;
  }
}

/**
 * Picks the segments whose 8-byte words occur in the most other samples. The best come last, where they are nearest to
 * every block. In small portions: while this thread was busy for a tenth of a second, nobody took the guest's memory, and the
 * guest stood still.
 */
export async function trainDictionary(samples: readonly Buffer[]): Promise<Buffer> {
  const buckets = 2 ** 18;
  const occurrences = new Uint16Array(buckets);
  const lastSample = new Uint16Array(buckets);
  const bucketAt = (bytes: Buffer, at: number): number =>
    (Math.imul(bytes.readUInt32LE(at), 0x9e3779b1) ^ Math.imul(bytes.readUInt32LE(at + 4), 0x85ebca6b)) >>>
    14;
  for (const [number, sample] of samples.entries()) {
    await nextTurn();
    for (let at = 0; at + 8 <= sample.length; at += 4) {
      const bucket = bucketAt(sample, at);
      if (lastSample[bucket] === number + 1) continue;
      lastSample[bucket] = number + 1;
      occurrences[bucket] = Math.min(0xffff, (occurrences[bucket] as number) + 1);
    }
  }
  const segments = samples.flatMap((sample) => {
    const cut: Buffer[] = [];
    for (let at = 0; at + SEGMENT <= sample.length; at += SEGMENT)
      cut.push(sample.subarray(at, at + SEGMENT));
    return cut;
  });
  const score = (segment: Buffer): number => {
    let sum = 0;
    for (let at = 0; at + 8 <= segment.length; at += 4)
      sum += (occurrences[bucketAt(segment, at)] as number) - 1;
    return sum;
  };
  const scored: { segment: Buffer; score: number }[] = [];
  for (const [index, segment] of segments.entries()) {
    if (index % PORTION === 0) await nextTurn();
    scored.push({ segment, score: score(segment) });
  }
  const ranked = scored.filter((each) => each.score > 0).sort((a, b) => b.score - a.score);
  const chosen: Buffer[] = [];
  for (const [index, { segment, score: before }] of ranked.entries()) {
    if (index % PORTION === 0) await nextTurn();
    if (chosen.length * SEGMENT >= DICTIONARY_BYTES) break;
    // What has been chosen already is worth nothing a second time.
    if (score(segment) * 2 < before) continue;
    for (let at = 0; at + 8 <= SEGMENT; at += 4) occurrences[bucketAt(segment, at)] = 1;
    chosen.push(segment);
  }
  return Buffer.concat(chosen.reverse());
}
