import { mustHold } from './format-error.js';
import { readLong, writeLong } from './numbers.js';

/** What a patch chunk begins with. The pages that differ follow. */
export interface PatchHeader {
  /** Where the block is in the base that this one differs from. */
  readonly stream: number;
  readonly block: number;
  /** One bit for each 4 KiB of the block, lowest bit first: set where they follow. */
  readonly bitmap: Buffer;
}

export const PATCH_PAGE = 4096;
const FIXED_BYTES = 12;

export const bitmapBytes = (blockLength: number): number => Math.ceil(blockLength / PATCH_PAGE / 8);

export function encodePatchHeader({ stream, block, bitmap }: PatchHeader): Buffer {
  const bytes = Buffer.alloc(FIXED_BYTES + bitmap.length);
  bytes.writeUInt16LE(stream, 0);
  writeLong(bytes, block, 4);
  bitmap.copy(bytes, FIXED_BYTES);
  return bytes;
}

/** @throws FormatError */
export function decodePatch(payload: Buffer, blockLength: number): { header: PatchHeader; pages: Buffer } {
  const end = FIXED_BYTES + bitmapBytes(blockLength);
  mustHold(payload.length >= end, 'a patch is cut off');
  const bitmap = payload.subarray(FIXED_BYTES, end);
  const header = { stream: payload.readUInt16LE(0), block: readLong(payload, 4), bitmap };
  return { header, pages: payload.subarray(end) };
}
