import koffi, { type TypeObject } from 'koffi';
import { libc } from './library.js';

type Allocate = (count: number, size: number) => bigint | null;
type Release = (pointer: bigint | null) => void;

let allocate: Allocate | undefined;
let release: Release | undefined;

/** Zeroed C memory. @throws RangeError if there is none. */
export function calloc(size: number): bigint {
  allocate ??= libc().func('void *calloc(size_t count, size_t size)') as Allocate;
  const pointer = allocate(1, Math.max(size, 1));
  if (pointer === null) throw new RangeError(`no memory for ${size} bytes`);
  return pointer;
}

/** free() for what libvirt allocated and the caller owns; null is fine. */
export function free(pointer: bigint | null): void {
  release ??= libc().func('void free(void *pointer)') as Release;
  release(pointer);
}

/** Runs `use` with zeroed C memory that is gone afterwards. */
export function withMemory<T>(size: number, use: (pointer: bigint) => T): T {
  const pointer = calloc(size);
  try {
    return use(pointer);
  } finally {
    free(pointer);
  }
}

/** The `count` pointers at `pointer`. */
export function readPointers(pointer: bigint | null, count: number): (bigint | null)[] {
  return pointer === null || count <= 0 ? [] : koffi.decode(pointer, 'void *', count);
}

/** NUL-terminated text, or null where there is none. */
export function readText(pointer: bigint | null): string | null {
  return pointer === null ? null : koffi.decode.string(pointer);
}

/** A copy of `length` bytes. */
export function readBytes(pointer: bigint | null, length: number): Uint8Array {
  return pointer === null || length <= 0
    ? new Uint8Array(0)
    : new Uint8Array(koffi.view(pointer, length)).slice();
}

/** A 64-bit number as a bigint, however large. */
export function wide(value: number | bigint): bigint {
  return BigInt(value);
}

/** The C structs at `pointer`, `count` of them, as plain objects. */
export function readStructs<T>(pointer: bigint | null, type: TypeObject, count: number): T[] {
  return pointer === null || count <= 0 ? [] : koffi.decode(pointer, type, count);
}

/** One malloc'ed string from an out parameter, freed. */
export function takeText(pointer: bigint | null): string | null {
  try {
    return readText(pointer);
  } finally {
    free(pointer);
  }
}

/** A malloc'ed array of malloc'ed strings, all freed. */
export function takeTexts(pointer: bigint | null, count: number): string[] {
  const pointers = readPointers(pointer, count);
  try {
    return pointers.map((each) => readText(each) ?? '');
  } finally {
    pointers.forEach(free);
    free(pointer);
  }
}

/** A malloc'ed array of pointers, freed; what they point to is the caller's. */
export function takePointers(pointer: bigint | null, count: number): bigint[] {
  try {
    return readPointers(pointer, count).filter((each): each is bigint => each !== null);
  } finally {
    free(pointer);
  }
}
