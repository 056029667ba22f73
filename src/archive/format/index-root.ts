import { FormatError, mustHold } from './format-error.js';
import { checkPointers, HASH_BYTES, LEAF_BLOCKS, POINTER_BYTES } from './leaf.js';
import { MAX_LONG } from './numbers.js';
import { isStreamName, type NamedKind } from './stream-name.js';

/** A sequence of blocks that are found by number. */
export interface BlockArray {
  /** From 1; the same as in its chunks' headers. */
  readonly id: number;
  /** Plain bytes in all its blocks; the last block may be short. */
  readonly bytes: number;
  /** Pointers to its leaves, POINTER_BYTES each, ascending. */
  readonly pointers: Buffer;
}

export interface StoredStream {
  readonly name: string;
  readonly kind: NamedKind;
  readonly size: number;
  readonly counts: StoredCounts;
  /** One, but two for memory: its layout, and its pages. */
  readonly arrays: readonly BlockArray[];
}

export const COUNT_NAMES = ['zero', 'raw', 'compressed', 'shared', 'base', 'patch', 'storedBytes'] as const;
export type StoredCounts = Readonly<Record<(typeof COUNT_NAMES)[number], number>>;

export interface StoredBase {
  /** 32 hexadecimal digits */
  readonly uuid: string;
  /** 64 hexadecimal digits */
  readonly indexHash: string;
  readonly name: string;
}

export interface IndexRoot {
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly comment: string;
  readonly writer: string;
  /** Key of the blocks' content hashes, 16 bytes. */
  readonly hashKey: Buffer;
  readonly base: StoredBase | undefined;
  /** The chunk of the dictionary. */
  readonly dictionary: { readonly offset: number; readonly length: number } | undefined;
  readonly streams: readonly StoredStream[];
}

const MAX_JSON_BYTES = 16 * 1024 * 1024;
/** Arrays are numbered in 16 bits. */
const MAX_ID = 0xffff;
const MAX_STREAMS = 4096;
const KINDS = ['memory', 'disk', 'bytes', 'document'] as const;
/** A layout and pages, or blocks of what the stream is. */
const arraysOf = (kind: NamedKind): number => (kind === 'memory' ? 2 : 1);

/** A little-endian length, JSON of that many bytes, and the pointers of all arrays in the JSON's order. */
export function encodeIndexRoot(root: IndexRoot): Buffer {
  const { hashKey, streams, ...rest } = root;
  const json = Buffer.from(
    JSON.stringify({
      ...rest,
      hashKey: hashKey.toString('hex'),
      streams: streams.map(({ arrays, ...stream }) => ({
        ...stream,
        arrays: arrays.map(({ id, bytes, pointers }) => ({
          id,
          bytes,
          leaves: pointers.length / POINTER_BYTES,
        })),
      })),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([
    length,
    json,
    ...streams.flatMap(({ arrays }) => arrays.map(({ pointers }) => pointers)),
  ]);
}

/** @param dataEnd the index chunk's offset: all else lies before it. @throws FormatError `damaged` */
export function decodeIndexRoot(bytes: Buffer, blockSize: number, dataEnd: number): IndexRoot {
  mustHold(bytes.length >= 4, 'its index is damaged');
  const jsonBytes = bytes.readUInt32LE(0);
  mustHold(jsonBytes <= MAX_JSON_BYTES && 4 + jsonBytes <= bytes.length, 'its index is damaged');
  const about = bytes.subarray(4, 4 + jsonBytes);
  const json = parseFields(about);
  const tables = { bytes, at: 4 + jsonBytes };
  const ids = new Set<number>();
  const names = new Set<string>();
  const streams = json.list('streams', MAX_STREAMS).map((each): StoredStream => {
    const kind = each.oneOf('kind', KINDS);
    const name = each.text('name', 128);
    mustHold(isStreamName(name, kind) && !names.has(name), 'its index names a stream wrongly');
    names.add(name);
    const size = each.count('size');
    const arrays = each.list('arrays', 2).map((array): BlockArray => {
      const id = array.count('id');
      mustHold(id >= 1 && id <= MAX_ID && !ids.has(id), 'its index numbers a stream wrongly');
      ids.add(id);
      const length = array.count('bytes');
      const pointers = takeTable(tables, array.count('leaves'));
      const blocks = Math.ceil(length / blockSize);
      checkPointers(pointers, Math.ceil(blocks / LEAF_BLOCKS), dataEnd);
      return { id, bytes: length, pointers };
    });
    mustHold(arrays.length === arraysOf(kind), 'its index describes a stream wrongly');
    if (kind !== 'memory') mustHold(arrays[0]?.bytes === size, 'its index contradicts itself');
    return { name, kind, size, arrays, counts: decodeCounts(each.object('counts')) };
  });
  mustHold(tables.at === bytes.length, 'its index has the wrong length');
  const dictionary = json.optional('dictionary');
  return {
    ...decodeAbout(about),
    dictionary: dictionary && { offset: dictionary.count('offset'), length: dictionary.count('length') },
    streams,
  };
}

/** @param bytes what announces the archive itself. @throws FormatError */
export function decodeAbout(bytes: Buffer): Omit<IndexRoot, 'streams' | 'dictionary'> {
  const json = parseFields(bytes);
  return {
    created: json.count('created'),
    comment: json.text('comment', 4096),
    writer: json.text('writer', 256),
    hashKey: Buffer.from(json.hex('hashKey', HASH_BYTES), 'hex'),
    base: decodeBase(json.optional('base')),
  };
}

/** @param bytes what announces a stream. @throws FormatError */
export function decodeStreamAnnouncement(bytes: Buffer): {
  name: string;
  kind: NamedKind;
  arrays: number[];
  size: number | undefined;
} {
  const json = parseFields(bytes);
  const kind = json.oneOf('kind', KINDS);
  const name = json.text('name', 128);
  const arrays = json.numbers('arrays', 2);
  mustHold(isStreamName(name, kind) && arrays.length === arraysOf(kind), 'a stream is announced wrongly');
  return { name, kind, arrays, size: kind === 'disk' ? json.count('size') : undefined };
}

function parseFields(bytes: Buffer): Fields {
  try {
    return new Fields(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError('damaged', 'its index is damaged (JSON)');
  }
}

function takeTable(tables: { bytes: Buffer; at: number }, leaves: number): Buffer {
  const end = tables.at + leaves * POINTER_BYTES;
  mustHold(end <= tables.bytes.length, 'its index has the wrong length');
  const table = tables.bytes.subarray(tables.at, end);
  tables.at = end;
  return table;
}

function decodeBase(base: Fields | undefined): StoredBase | undefined {
  if (!base) return undefined;
  return { uuid: base.hex('uuid', 16), indexHash: base.hex('indexHash', 32), name: base.text('name', 1024) };
}

function decodeCounts(counts: Fields): StoredCounts {
  return Object.fromEntries(COUNT_NAMES.map((name) => [name, counts.count(name)])) as StoredCounts;
}

/** Reads a JSON object's members, each of which must be what it is said to be. */
class Fields {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    mustHold(typeof value === 'object' && value !== null && !Array.isArray(value), 'its index is damaged');
    this.#members = value as Record<string, unknown>;
  }

  count(name: string): number {
    const value = this.#get(name);
    const good = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_LONG;
    mustHold(good, `its index is damaged ('${name}')`);
    return value;
  }

  text(name: string, maxLength: number): string {
    const value = this.#get(name);
    mustHold(typeof value === 'string' && value.length <= maxLength, `its index is damaged ('${name}')`);
    return value;
  }

  hex(name: string, bytes: number): string {
    const value = this.text(name, 2 * bytes);
    mustHold(value.length === 2 * bytes && /^[0-9a-f]*$/.test(value), `its index is damaged ('${name}')`);
    return value;
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T {
    const value = this.#get(name);
    const found = values.find((each) => each === value);
    if (found === undefined) throw new FormatError('damaged', `its index is damaged ('${name}')`);
    return found;
  }

  list(name: string, maxLength: number): Fields[] {
    const value = this.#get(name);
    mustHold(Array.isArray(value) && value.length <= maxLength, `its index is damaged ('${name}')`);
    return value.map((each) => new Fields(each));
  }

  numbers(name: string, maxLength: number): number[] {
    const value = this.#get(name);
    const good =
      Array.isArray(value) &&
      value.length <= maxLength &&
      value.every((each) => Number.isInteger(each) && each >= 1 && each <= MAX_ID);
    mustHold(good, `its index is damaged ('${name}')`);
    return value as number[];
  }

  object(name: string): Fields {
    return new Fields(this.#get(name));
  }

  optional(name: string): Fields | undefined {
    const value = this.#get(name);
    return value === undefined || value === null ? undefined : new Fields(value);
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] : undefined;
  }
}
