const WINDOW = 8;
const FIRST_SLOTS = 4096;
const MAX_SLOTS = 2 ** 20;

/** A map from numbers to numbers that takes 16 MiB at most: when it is full, it forgets. */
export class BoundedMap {
  #slots = FIRST_SLOTS;
  #count = 0;
  #keys = new Float64Array(FIRST_SLOTS).fill(Number.NaN);
  #values = new Float64Array(FIRST_SLOTS);
  #victim = 0;

  get(key: number): number | undefined {
    const first = this.#firstSlot(key);
    for (let step = 0; step < WINDOW; step++) {
      const slot = (first + step) % this.#slots;
      if (this.#keys[slot] === key) return this.#values[slot];
    }
    return undefined;
  }

  set(key: number, value: number): void {
    if (this.#count * 2 >= this.#slots && this.#slots < MAX_SLOTS) this.#grow();
    const first = this.#firstSlot(key);
    let free: number | undefined;
    for (let step = 0; step < WINDOW; step++) {
      const slot = (first + step) % this.#slots;
      const held = this.#keys[slot] as number;
      if (held === key) {
        this.#values[slot] = value;
        return;
      }
      if (free === undefined && Number.isNaN(held)) free = slot;
    }
    if (free === undefined) free = (first + (this.#victim++ % WINDOW)) % this.#slots;
    else this.#count++;
    this.#keys[free] = key;
    this.#values[free] = value;
  }

  #firstSlot(key: number): number {
    // Keys are often multiples of something.
    const mixed = Math.imul((key % 0xfffffffb) ^ (key / 2 ** 20), 0x9e3779b1) >>> 0;
    return mixed % this.#slots;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#slots *= 4;
    this.#count = 0;
    this.#keys = new Float64Array(this.#slots).fill(Number.NaN);
    this.#values = new Float64Array(this.#slots);
    keys.forEach((key, slot) => {
      if (!Number.isNaN(key)) this.set(key, values[slot] as number);
    });
  }
}
