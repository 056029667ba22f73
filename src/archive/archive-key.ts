import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { open } from 'node:fs/promises';
import { ArchiveError } from './archive-error.js';
import type { Secret } from './contract.js';
import { type KeyDerivation, MAX_SCRYPT_BYTES } from './format/header.js';

/** scrypt's cost for new archives: 64 MiB and a few tenths of a second. */
const COST = { logN: 16, r: 8, p: 2 };
const MAX_KEY_FILE = 1024 * 1024;
export const TAG_BYTES = 16;

/**
 * Encrypts and decrypts the chunks of one archive with AES-256-GCM. The key is made from the secret and a salt that is
 * drawn for each archive, so no two archives share one; the nonce is the chunk's offset, and a file is only ever
 * appended to, so no two chunks share one either.
 */
export class ArchiveKey {
  readonly #key: KeyObject;

  private constructor(
    readonly derivation: KeyDerivation,
    key: Buffer,
  ) {
    this.#key = createSecretKey(key);
  }

  static async create(secret: Secret): Promise<ArchiveKey> {
    const salt = randomBytes(32);
    const { key, check } = await derive(secret, { ...COST, salt });
    return new ArchiveKey({ ...COST, salt, check }, key);
  }

  /** @returns undefined if the secret is another. */
  static async open(secret: Secret, derivation: KeyDerivation): Promise<ArchiveKey | undefined> {
    const { key, check } = await derive(secret, derivation);
    return timingSafeEqual(check, derivation.check) ? new ArchiveKey(derivation, key) : undefined;
  }

  /** @param header the chunk's first 20 bytes, which are protected, too. @returns ciphertext and tag */
  seal(payload: Uint8Array, header: Buffer, offset: number): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce(offset));
    cipher.setAAD(header);
    return Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
  }

  /** @returns undefined if anything differs from what was sealed. */
  open(sealed: Buffer, header: Buffer, offset: number): Buffer | undefined {
    if (sealed.length < TAG_BYTES) return undefined;
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce(offset));
    decipher.setAAD(header);
    decipher.setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(0, end));
    try {
      decipher.final();
      return plain;
    } catch {
      return undefined;
    }
  }
}

function nonce(offset: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUIntLE(offset, 0, 6);
  return bytes;
}

async function derive(
  secret: Secret,
  { logN, r, p, salt }: Omit<KeyDerivation, 'check'>,
): Promise<{ key: Buffer; check: Buffer }> {
  const bytes =
    'keyFile' in secret ? await readKeyFile(secret.keyFile) : Buffer.from(secret.passphrase, 'utf8');
  // A passphrase must not open what the same bytes in a key file do.
  const domain = Buffer.from('keyFile' in secret ? 'file' : 'pass');
  const options = { N: 2 ** logN, r, p, maxmem: 2 * MAX_SCRYPT_BYTES };
  const master = await new Promise<Buffer>((resolve, reject) => {
    scrypt(Buffer.concat([domain, bytes]), salt, 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
  const expand = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', master, salt, `snapctl archive 1 ${purpose}`, length));
  return { key: expand('chunks', 32), check: expand('check', 16) };
}

async function readKeyFile(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_KEY_FILE + 1), 0, MAX_KEY_FILE + 1, 0);
    if (bytesRead === 0) throw new ArchiveError('misuse', `key file '${path}' is empty`);
    if (bytesRead > MAX_KEY_FILE) throw new ArchiveError('misuse', `key file '${path}' is longer than 1 MiB`);
    return Buffer.from(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
