import { setImmediate as nextTurn } from 'node:timers/promises';
import { compressBlock } from './lz4.js';

/** LZ4 reaches back 64 KiB; a shorter dictionary is in reach of a longer part of each block. */
const DICTIONARY_BYTES = 32 * 1024;
const SAMPLES = 96;
const SAMPLE_BYTES = 16 * 1024;
const SEGMENT = 128;
/** Words of 8 bytes that begin in a segment, one every 4 bytes, and end in it. */
const SEGMENT_WORDS = SEGMENT / 4 - 1;
const BUCKET_SHIFT = 14;
const BUCKETS = 2 ** (32 - BUCKET_SHIFT);
/** Segments that are looked at in one turn: half a millisecond. */
const PORTION = 256;
/** What it must save to be worth the reader's and the writer's trouble. */
const MIN_GAIN = 0.03;

/** A part of a sample, from a word of 4 bytes on. */
interface Segment {
  readonly sample: number;
  readonly at: number;
}

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
  const occurrences = new Uint16Array(BUCKETS);
  const lastSample = new Uint16Array(BUCKETS);
  const buckets: Uint32Array[] = [];
  for (const [number, sample] of samples.entries()) {
    await nextTurn();
    const found = bucketsOf(sample);
    buckets.push(found);
    for (let word = 0; word < found.length; word++) {
      const bucket = found[word] as number;
      if (lastSample[bucket] === number + 1) continue;
      lastSample[bucket] = number + 1;
      occurrences[bucket] = Math.min(0xffff, (occurrences[bucket] as number) + 1);
    }
  }
  const score = ({ sample, at }: Segment): number => {
    const found = buckets[sample] as Uint32Array;
    let sum = 0;
    for (let word = at; word < at + SEGMENT_WORDS; word++)
      sum += (occurrences[found[word] as number] as number) - 1;
    return sum;
  };
  const scored: { segment: Segment; score: number }[] = [];
  for (const [sample, { length }] of samples.entries()) {
    await nextTurn();
    for (let at = 0; 4 * at + SEGMENT <= length; at += SEGMENT / 4) {
      const segment = { sample, at };
      scored.push({ segment, score: score(segment) });
    }
  }
  const ranked = scored.filter((each) => each.score > 0).sort((a, b) => b.score - a.score);
  const chosen: Buffer[] = [];
  for (const [index, { segment, score: before }] of ranked.entries()) {
    if (index % PORTION === 0) await nextTurn();
    if (chosen.length * SEGMENT >= DICTIONARY_BYTES) break;
    // What has been chosen already is worth nothing a second time.
    if (score(segment) * 2 < before) continue;
    const { sample, at } = segment;
    const found = buckets[sample] as Uint32Array;
    for (let word = at; word < at + SEGMENT_WORDS; word++) occurrences[found[word] as number] = 1;
    chosen.push((samples[sample] as Buffer).subarray(4 * at, 4 * at + SEGMENT));
  }
  return Buffer.concat(chosen.reverse());
}

/** For each 4 bytes of a sample where the 8 that begin there are counted. */
function bucketsOf(sample: Buffer): Uint32Array {
  // Read as a whole: two calls for each word, which the compiler must first take apart, took 0.2 s of a processor.
  const words = new Uint32Array(sample.length >>> 2);
  sample.copy(new Uint8Array(words.buffer));
  const buckets = new Uint32Array(Math.max(0, words.length - 1));
  for (let word = 0; word < buckets.length; word++) {
    const hash =
      Math.imul(words[word] as number, 0x9e3779b1) ^ Math.imul(words[word + 1] as number, 0x85ebca6b);
    buckets[word] = hash >>> BUCKET_SHIFT;
  }
  return buckets;
}
