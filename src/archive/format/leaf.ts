import { mustHold } from './format-error.js';
import { readLong } from './numbers.js';

/** Blocks that one leaf of the index describes. */
export const LEAF_BLOCKS = 2048;
export const ENTRY_BYTES = 28;
export const HASH_BYTES = 16;

/** Where a block is. */
export type Entry =
  | { readonly kind: 'zero' }
  /** In this file; `offset` is that of its chunk's header, `length` that of the chunk's payload. */
  | { readonly kind: 'here'; readonly offset: number; readonly length: number; readonly hash: Buffer }
  /** A whole block of the base. */
  | { readonly kind: 'base'; readonly stream: number; readonly block: number; readonly hash: Buffer };

const Kind = { ZERO: 0, HERE: 1, BASE: 2 } as const;

export const ZERO_ENTRY: Entry = { kind: 'zero' };

/** Writes an entry into a leaf that is all zeroes so far, so a zero block needs no writing. */
export function encodeEntry(leaf: Buffer, index: number, entry: Entry): void {
  const at = index * ENTRY_BYTES;
  if (entry.kind === 'zero') return;
  if (entry.kind === 'here') {
    leaf.writeUInt8(Kind.HERE, at);
    leaf.writeUIntLE(entry.offset, at + 2, 6);
    leaf.writeUInt32LE(entry.length, at + 8);
  } else {
    leaf.writeUInt8(Kind.BASE, at);
    leaf.writeUIntLE(entry.block, at + 2, 6);
    leaf.writeUInt32LE(entry.stream, at + 8);
  }
  entry.hash.copy(leaf, at + 12, 0, HASH_BYTES);
}

/** @param leaf a leaf that checkLeaf() has passed. @param index below its number of entries. */
export function decodeEntry(leaf: Buffer, index: number): Entry {
  const at = index * ENTRY_BYTES;
  const kind = leaf.readUInt8(at);
  if (kind === Kind.ZERO) return ZERO_ENTRY;
  const number = leaf.readUIntLE(at + 2, 6);
  const second = leaf.readUInt32LE(at + 8);
  const hash = leaf.subarray(at + 12, at + 12 + HASH_BYTES);
  return kind === Kind.HERE
    ? { kind: 'here', offset: number, length: second, hash }
    : { kind: 'base', block: number, stream: second, hash };
}

/** @param blocks how many the leaf must describe. @throws FormatError */
export function checkLeaf(leaf: Buffer, blocks: number): void {
  mustHold(leaf.length === blocks * ENTRY_BYTES, 'a leaf of its index has the wrong length');
  for (let at = 0; at < leaf.length; at += ENTRY_BYTES) {
    mustHold((leaf[at] as number) <= Kind.BASE && leaf[at + 1] === 0, 'a leaf of its index is damaged');
  }
}

/** Where a leaf is. */
export interface LeafPointer {
  /** It describes the blocks from `number * LEAF_BLOCKS` on. */
  readonly number: number;
  readonly offset: number;
  /** Of the chunk's payload. */
  readonly length: number;
  /** SHA-256 of the leaf before encryption. */
  readonly hash: Buffer;
}

export const POINTER_BYTES = 48;

export function encodePointer(table: Buffer, index: number, pointer: LeafPointer): void {
  const at = index * POINTER_BYTES;
  table.writeUInt32LE(pointer.number, at);
  table.writeUIntLE(pointer.offset, at + 4, 6);
  table.writeUInt16LE(0, at + 10);
  table.writeUInt32LE(pointer.length, at + 12);
  pointer.hash.copy(table, at + 16, 0, 32);
}

export function decodePointer(table: Buffer, index: number): LeafPointer {
  const at = index * POINTER_BYTES;
  return {
    number: table.readUInt32LE(at),
    offset: readLong(table, at + 4),
    length: table.readUInt32LE(at + 12),
    hash: table.subarray(at + 16, at + 48),
  };
}

/** The pointer to a leaf, by its number; undefined where all blocks are zero. */
export function findPointer(table: Buffer, number: number): LeafPointer | undefined {
  let low = 0;
  let high = table.length / POINTER_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (table.readUInt32LE(middle * POINTER_BYTES) < number) low = middle + 1;
    else high = middle;
  }
  if (low * POINTER_BYTES >= table.length) return undefined;
  const found = decodePointer(table, low);
  return found.number === number ? found : undefined;
}

/** @param leaves numbers of leaves are below this. @param dataEnd offset at which data ends. @throws FormatError */
export function checkPointers(table: Buffer, leaves: number, dataEnd: number): void {
  let before = -1;
  for (let index = 0; index * POINTER_BYTES < table.length; index++) {
    const { number, offset, length } = decodePointer(table, index);
    const good = number > before && number < leaves && offset + length <= dataEnd;
    mustHold(good, 'its index points at a leaf that cannot be');
    before = number;
  }
}
