import { type Entry, HASH_BYTES } from './format/leaf.js';

/** How many slots from its own a key may be in. */
const WINDOW = 8;
const FIRST_SLOTS = 4096;
const MAX_SLOTS = 2 ** 20;

const Origin = { NONE: 0, HERE: 1, BASE: 2 } as const;

/**
 * Finds blocks by their content's hash. It never takes more than 32 MiB: once it is full, blocks known longest make
 * room, and what they could have saved is stored again.
 */
export class KnownBlocks {
  #slots = FIRST_SLOTS;
  #count = 0;
  #hashes = Buffer.alloc(FIRST_SLOTS * HASH_BYTES);
  #numbers = new Float64Array(FIRST_SLOTS);
  #seconds = new Uint32Array(FIRST_SLOTS);
  #origins = new Uint8Array(FIRST_SLOTS);
  #victim = 0;

  find(hash: Buffer): Entry | undefined {
    const slot = this.#slotOf(hash);
    return slot === undefined ? undefined : this.#entryIn(slot);
  }

  add(entry: Entry): void {
    if (entry.kind === 'zero' || this.#slotOf(entry.hash) !== undefined) return;
    if (this.#count * 2 >= this.#slots && this.#slots < MAX_SLOTS) this.#grow();
    const first = this.#firstSlot(entry.hash);
    let slot: number | undefined;
    for (let step = 0; step < WINDOW && slot === undefined; step++) {
      const candidate = (first + step) % this.#slots;
      if (this.#origins[candidate] === Origin.NONE) slot = candidate;
    }
    if (slot === undefined) slot = (first + (this.#victim++ % WINDOW)) % this.#slots;
    else this.#count++;
    entry.hash.copy(this.#hashes, slot * HASH_BYTES, 0, HASH_BYTES);
    this.#origins[slot] = entry.kind === 'here' ? Origin.HERE : Origin.BASE;
    this.#numbers[slot] = entry.kind === 'here' ? entry.offset : entry.block;
    this.#seconds[slot] = entry.kind === 'here' ? entry.length : entry.stream;
  }

  #firstSlot(hash: Buffer): number {
    return hash.readUInt32LE(0) % this.#slots;
  }

  #slotOf(hash: Buffer): number | undefined {
    const first = this.#firstSlot(hash);
    for (let step = 0; step < WINDOW; step++) {
      const slot = (first + step) % this.#slots;
      if (this.#origins[slot] === Origin.NONE) continue;
      const at = slot * HASH_BYTES;
      if (hash.compare(this.#hashes, at, at + HASH_BYTES) === 0) return slot;
    }
    return undefined;
  }

  #entryIn(slot: number): Entry {
    const at = slot * HASH_BYTES;
    const hash = Buffer.from(this.#hashes.subarray(at, at + HASH_BYTES));
    const [number, second] = [this.#numbers[slot] as number, this.#seconds[slot] as number];
    return this.#origins[slot] === Origin.HERE
      ? { kind: 'here', offset: number, length: second, hash }
      : { kind: 'base', block: number, stream: second, hash };
  }

  #grow(): void {
    const entries: Entry[] = [];
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.#origins[slot] !== Origin.NONE) entries.push(this.#entryIn(slot));
    }
    this.#slots *= 4;
    this.#count = 0;
    this.#hashes = Buffer.alloc(this.#slots * HASH_BYTES);
    this.#numbers = new Float64Array(this.#slots);
    this.#seconds = new Uint32Array(this.#slots);
    this.#origins = new Uint8Array(this.#slots);
    for (const entry of entries) this.add(entry);
  }
}
