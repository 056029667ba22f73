import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';

const NO_NONCE = Buffer.alloc(12);

/**
 * The hash by which equal blocks are found: AES-128-GMAC with a key that is drawn for each archive, and an all-zero
 * nonce. To whom doesn't know the key, which is everyone who can choose a guest's memory or disks, two blocks collide
 * with a probability of 2^-116. It takes a fifth of the time of BLAKE2b or SHA-1 with OpenSSL's code for processors
 * that multiply polynomials.
 */
export class ContentHash {
  readonly #key: KeyObject;

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  /** @returns 16 bytes */
  of(bytes: Uint8Array): Buffer {
    const mac = createCipheriv('aes-128-gcm', this.#key, NO_NONCE);
    mac.setAAD(bytes as Buffer);
    mac.final();
    return mac.getAuthTag();
  }
}
