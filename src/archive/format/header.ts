import { crc32 } from './crc32.js';
import { FormatError, mustHold } from './format-error.js';

/** The version that this code writes, and the highest that it reads. */
export const FORMAT_VERSION = 1;

/** As PNG's: a byte above 127, both line ends and an end-of-file mark tell a copy that changed the text. */
const MAGIC = Buffer.from('\x89SNAP\r\n\x1a', 'latin1');
export const HEADER_BYTES = 128;
const CHECKED_BYTES = HEADER_BYTES - 4;

const ENCRYPTED = 1;
const KNOWN_FLAGS = ENCRYPTED;

export const MIN_BLOCK_SIZE = 4096;
export const MAX_BLOCK_SIZE = 1024 * 1024;

/** How the key of an encrypted archive comes from its secret. */
export interface KeyDerivation {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
  /** 32 bytes */
  readonly salt: Buffer;
  /** 16 bytes that only the right key gives. */
  readonly check: Buffer;
}

/** More than this is neither written nor tried: it is the memory that scrypt takes, 128 * N * r. */
export const MAX_SCRYPT_BYTES = 256 * 1024 * 1024;

export interface Header {
  /** 16 bytes */
  readonly uuid: Buffer;
  readonly blockSize: number;
  readonly encryption: KeyDerivation | undefined;
}

export function encodeHeader({ uuid, blockSize, encryption }: Header): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(FORMAT_VERSION, 8);
  bytes.writeUInt16LE(HEADER_BYTES, 10);
  bytes.writeUInt32LE(encryption ? ENCRYPTED : 0, 12);
  uuid.copy(bytes, 16, 0, 16);
  bytes.writeUInt32LE(blockSize, 32);
  if (encryption) {
    bytes.writeUInt8(encryption.logN, 36);
    bytes.writeUInt8(encryption.r, 37);
    bytes.writeUInt8(encryption.p, 38);
    encryption.salt.copy(bytes, 40, 0, 32);
    encryption.check.copy(bytes, 72, 0, 16);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return bytes;
}

/**
 * @param bytes the file's beginning, HEADER_BYTES long unless the file is shorter.
 * @throws FormatError
 */
export function decodeHeader(bytes: Buffer): Header {
  if (bytes.length === 0) throw new FormatError('empty', 'the file is empty');
  const magic = bytes.subarray(0, MAGIC.length);
  if (!magic.equals(MAGIC.subarray(0, magic.length))) {
    throw new FormatError('not-an-archive', 'it does not begin as an archive does');
  }
  if (bytes.length < HEADER_BYTES) {
    throw new FormatError('truncated', `it is cut off within its header, after ${bytes.length} bytes`);
  }
  // A later version may check its header otherwise, so the version comes first.
  const version = bytes.readUInt16LE(8);
  if (version > FORMAT_VERSION) {
    throw new FormatError(
      'newer-version',
      `it has format version ${version}, and this program reads versions up to ${FORMAT_VERSION}`,
    );
  }
  const sum = bytes.readUInt32LE(CHECKED_BYTES);
  mustHold(crc32(bytes.subarray(0, CHECKED_BYTES)) === sum, 'its header is damaged (checksum)');
  mustHold(version === FORMAT_VERSION && bytes.readUInt16LE(10) === HEADER_BYTES, 'its header is damaged');
  const flags = bytes.readUInt32LE(12);
  if ((flags & ~KNOWN_FLAGS) !== 0) {
    const unknown = (flags & ~KNOWN_FLAGS) >>> 0;
    throw new FormatError('newer-version', `it uses features unknown here (flags 0x${unknown.toString(16)})`);
  }
  const blockSize = bytes.readUInt32LE(32);
  mustHold(isBlockSize(blockSize), `its header gives an impossible block size, ${blockSize}`);
  return {
    uuid: Buffer.from(bytes.subarray(16, 32)),
    blockSize,
    encryption: flags & ENCRYPTED ? decodeKeyDerivation(bytes) : undefined,
  };
}

function decodeKeyDerivation(bytes: Buffer): KeyDerivation {
  const [logN, r, p] = [bytes.readUInt8(36), bytes.readUInt8(37), bytes.readUInt8(38)];
  const possible = logN >= 10 && logN <= 24 && r >= 1 && p >= 1 && p <= 16;
  mustHold(
    possible && 128 * 2 ** logN * r <= MAX_SCRYPT_BYTES,
    'its header gives impossible parameters for the key',
  );
  return {
    ...{ logN, r, p },
    salt: Buffer.from(bytes.subarray(40, 72)),
    check: Buffer.from(bytes.subarray(72, 88)),
  };
}

export const isBlockSize = (size: number): boolean =>
  Number.isInteger(size) && size >= MIN_BLOCK_SIZE && size <= MAX_BLOCK_SIZE && (size & (size - 1)) === 0;
