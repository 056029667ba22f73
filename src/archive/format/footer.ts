import { CHUNK_HEADER_BYTES, MAX_INDEX_BYTES } from './chunk.js';
import { crc32 } from './crc32.js';
import { FormatError, mustHold } from './format-error.js';
import { HEADER_BYTES } from './header.js';
import { readLong, writeLong } from './numbers.js';

const MAGIC = Buffer.from('\x89PANS\r\n\x1a', 'latin1');
export const FOOTER_BYTES = 96;
const CHECKED_BYTES = FOOTER_BYTES - 4;

export interface Footer {
  /** Offset of the index chunk's header. */
  readonly indexOffset: number;
  /** Of the chunk's payload. */
  readonly indexLength: number;
  /** The header's, 16 bytes: two halves of different archives don't pass for one. */
  readonly uuid: Buffer;
  /** Of the whole file. */
  readonly fileLength: number;
  /** SHA-256 of the index before encryption. */
  readonly indexHash: Buffer;
}

export function encodeFooter(footer: Footer): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES);
  MAGIC.copy(bytes, 0);
  writeLong(bytes, footer.indexOffset, 8);
  bytes.writeUInt32LE(footer.indexLength, 16);
  footer.uuid.copy(bytes, 24, 0, 16);
  writeLong(bytes, footer.fileLength, 40);
  footer.indexHash.copy(bytes, 48, 0, 32);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes;
}

/**
 * @param bytes the file's last FOOTER_BYTES.
 * @param fileLength what the file system says.
 * @throws FormatError
 */
export function decodeFooter(bytes: Buffer, uuid: Buffer, fileLength: number): Footer {
  const ends = bytes.length === FOOTER_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC);
  if (!ends) throw new FormatError('truncated', 'its end is missing: it was cut off, or never finished');
  const sum = bytes.readUInt32LE(CHECKED_BYTES);
  mustHold(crc32(bytes.subarray(0, CHECKED_BYTES)) === sum, 'its footer is damaged (checksum)');
  const footer: Footer = {
    indexOffset: readLong(bytes, 8),
    indexLength: bytes.readUInt32LE(16),
    uuid: Buffer.from(bytes.subarray(24, 40)),
    fileLength: readLong(bytes, 40),
    indexHash: Buffer.from(bytes.subarray(48, 80)),
  };
  mustHold(footer.uuid.equals(uuid), 'its beginning and its end are of different archives');
  if (footer.fileLength !== fileLength) {
    const problem = footer.fileLength > fileLength ? 'truncated' : 'damaged';
    throw new FormatError(
      problem,
      `it is ${fileLength} bytes long, and was ${footer.fileLength} when it was finished`,
    );
  }
  mustHold(
    footer.indexLength <= MAX_INDEX_BYTES &&
      footer.indexOffset >= HEADER_BYTES &&
      footer.indexOffset + CHUNK_HEADER_BYTES + footer.indexLength + FOOTER_BYTES === fileLength,
    'its footer points at no index',
  );
  return footer;
}
