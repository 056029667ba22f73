import * as zlib from 'node:zlib';

/** CRC-32 as in zlib and PNG, continued from `value`. */
export function crc32(bytes: Uint8Array, value = 0): number {
  // zlib takes an empty buffer for a wish to begin anew.
  return bytes.length === 0 ? value : inZlib(bytes, value);
}

const inZlib: (bytes: Uint8Array, value: number) => number =
  (zlib as { crc32?: (bytes: Uint8Array, value: number) => number }).crc32 ?? crc32InScript;

/** zlib.crc32 came with Node 20.15. Eight bytes at a time, by tables made at the first call. */
export function crc32InScript(bytes: Uint8Array, value = 0): number {
  tables ??= makeTables();
  const t = tables;
  const at = (table: number, byte: number): number => t[table * 256 + (byte & 0xff)] as number;
  let crc = ~value;
  let index = 0;
  for (const end = bytes.length - 7; index < end; index += 8) {
    const low =
      crc ^
      ((bytes[index] as number) |
        ((bytes[index + 1] as number) << 8) |
        ((bytes[index + 2] as number) << 16) |
        ((bytes[index + 3] as number) << 24));
    crc =
      at(7, low) ^
      at(6, low >>> 8) ^
      at(5, low >>> 16) ^
      at(4, low >>> 24) ^
      at(3, bytes[index + 4] as number) ^
      at(2, bytes[index + 5] as number) ^
      at(1, bytes[index + 6] as number) ^
      at(0, bytes[index + 7] as number);
  }
  for (; index < bytes.length; index++) crc = (crc >>> 8) ^ at(0, crc ^ (bytes[index] as number));
  return ~crc >>> 0;
}

let tables: Int32Array | undefined;

function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    made[byte] = crc;
  }
  for (let index = 256; index < made.length; index++) {
    const before = made[index - 256] as number;
    made[index] = (before >>> 8) ^ (made[before & 0xff] as number);
  }
  return made;
}
