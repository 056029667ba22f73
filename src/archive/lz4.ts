import { compress, compressSync, uncompress, uncompressSync } from 'lz4-napi';

/** lz4-napi puts the plain length before what it compressed, in 4 bytes; the archive doesn't keep it. */
export const PREFIX_BYTES = 4;

/**
 * Compresses on a thread of libuv's pool.
 * @param plain must not change until it is done.
 * @param dictionary at most 64 KiB that compressed data may refer to.
 * @returns an LZ4 block
 */
export async function compressBlock(plain: Uint8Array, dictionary?: Buffer): Promise<Buffer> {
  return (await compress(plain, dictionary)).subarray(PREFIX_BYTES);
}

/** The same at once, on this thread. */
export const compressBlockNow = (plain: Buffer, dictionary?: Buffer): Buffer =>
  compressSync(plain, dictionary).subarray(PREFIX_BYTES);

/**
 * @param length what it must come to; nothing longer is ever allocated.
 * @returns undefined if the block is not what LZ4 makes of so many bytes.
 */
export async function uncompressBlock(
  block: Uint8Array,
  length: number,
  dictionary?: Buffer,
): Promise<Buffer | undefined> {
  const input = Buffer.allocUnsafe(PREFIX_BYTES + block.length);
  input.writeUInt32LE(length, 0);
  input.set(block, PREFIX_BYTES);
  try {
    const plain = await uncompress(input, dictionary);
    return plain.length === length ? plain : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The same at once, on this thread.
 * @param prefixed the block with room for its length before it, which is written there.
 */
export function uncompressPrefixed(
  prefixed: Buffer,
  length: number,
  dictionary?: Buffer,
): Buffer | undefined {
  prefixed.writeUInt32LE(length, 0);
  try {
    const plain = uncompressSync(prefixed, dictionary);
    return plain.length === length ? plain : undefined;
  } catch {
    return undefined;
  }
}
