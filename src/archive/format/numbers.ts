import { mustHold } from './format-error.js';

/** Writes an unsigned 64-bit little-endian number; offsets and sizes stay below 2^48 in every field of the format. */
export function writeLong(buffer: Buffer, value: number, at: number): void {
  buffer.writeUIntLE(value, at, 6);
  buffer.writeUInt16LE(0, at + 6);
}

/** @throws FormatError 2^48 or more */
export function readLong(buffer: Buffer, at: number): number {
  mustHold(buffer.readUInt16LE(at + 6) === 0, 'a number is too large');
  return buffer.readUIntLE(at, 6);
}

export const MAX_LONG = 2 ** 48 - 1;
