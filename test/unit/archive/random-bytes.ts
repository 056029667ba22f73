import { createCipheriv } from 'node:crypto';

/** Numbers that look random and are the same in every run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below `limit`. Mulberry32, public domain. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** Bytes that don't compress. */
  bytes(length: number): Buffer {
    const key = Buffer.alloc(16);
    key.writeUInt32LE(this.below(2 ** 32));
    return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
  }

  /** Bytes that compress to about a third. */
  text(length: number): Buffer {
    const words = Array.from({ length: 64 }, () => this.bytes(3 + this.below(9)).toString('base64'));
    const parts: string[] = [];
    for (let so = 0; so < length; so += (parts.at(-1) as string).length) {
      parts.push(`${words[this.below(words.length)]} `);
    }
    return Buffer.from(parts.join('').slice(0, length), 'latin1');
  }
}
