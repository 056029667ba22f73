import { crc32 } from './crc32.js';
import { mustHold } from './format-error.js';

/**
 * What lies between header and footer, back to back. A STREAM chunk announces what follows, for the case that the index
 * is lost: the archive itself as stream 0, then each stream.
 */
export const ChunkType = { BLOCK: 1, LEAF: 2, STREAM: 3, DICTIONARY: 4, INDEX: 5 } as const;
export type ChunkType = (typeof ChunkType)[keyof typeof ChunkType];

/** Bits of a block chunk's coding. */
export const Coding = { LZ4: 1, PATCH: 2, DICTIONARY: 4 } as const;
const KNOWN_CODINGS = Coding.LZ4 | Coding.PATCH | Coding.DICTIONARY;

export interface ChunkHeader {
  readonly type: ChunkType;
  readonly coding: number;
  /** Number of the stream that it belongs to, 0 for those that belong to none. */
  readonly stream: number;
  /** Number of the block within its stream; of the first block, for a leaf. */
  readonly block: number;
  /** Plain bytes of a block; 0 for other chunks. */
  readonly plain: number;
  /** Bytes that follow the header. */
  readonly length: number;
}

export const CHUNK_HEADER_BYTES = 24;
export const CHUNK_MAGIC = Buffer.from('\xf5sCK', 'latin1');
/** No chunk but the index is longer. */
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024;
export const MAX_INDEX_BYTES = 256 * 1024 * 1024;

/** All but the checksum, which needs the payload (see sealChunk). */
export function encodeChunkHeader({ type, coding, stream, block, plain, length }: ChunkHeader): Buffer {
  const bytes = Buffer.allocUnsafe(CHUNK_HEADER_BYTES);
  CHUNK_MAGIC.copy(bytes, 0);
  bytes.writeUInt8(type, 4);
  bytes.writeUInt8(coding, 5);
  bytes.writeUInt16LE(stream, 6);
  bytes.writeUIntLE(block, 8, 5);
  bytes.writeUIntLE(plain, 13, 3);
  bytes.writeUInt32LE(length, 16);
  return bytes;
}

/** Puts the checksum of header and payload into the header. */
export function sealChunk(header: Buffer, payload: Uint8Array): void {
  header.writeUInt32LE(chunkSum(header, payload), 20);
}

const chunkSum = (header: Buffer, payload: Uint8Array): number =>
  crc32(payload, crc32(header.subarray(0, 20)));

/** @throws FormatError what stands there is no chunk's header; its checksum is not looked at. */
export function decodeChunkHeader(bytes: Buffer): ChunkHeader {
  mustHold(bytes.length >= CHUNK_HEADER_BYTES, 'a chunk is cut off');
  mustHold(bytes.subarray(0, 4).equals(CHUNK_MAGIC), 'there is no chunk where one should begin');
  const type = bytes.readUInt8(4);
  mustHold(type >= ChunkType.BLOCK && type <= ChunkType.INDEX, 'a chunk is of an unknown type');
  const coding = bytes.readUInt8(5);
  mustHold((coding & ~KNOWN_CODINGS) === 0, 'a chunk has an unknown coding');
  const length = bytes.readUInt32LE(16);
  const limit = type === ChunkType.INDEX ? MAX_INDEX_BYTES : MAX_CHUNK_BYTES;
  mustHold(length <= limit, 'a chunk is too long');
  return {
    type: type as ChunkType,
    coding,
    stream: bytes.readUInt16LE(6),
    block: bytes.readUIntLE(8, 5),
    plain: bytes.readUIntLE(13, 3),
    length,
  };
}

/** Whether a chunk's checksum fits its header and payload. */
export const chunkIsSound = (header: Buffer, payload: Buffer): boolean =>
  header.readUInt32LE(20) === chunkSum(header, payload);
