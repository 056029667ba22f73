import { type FileHandle, open } from 'node:fs/promises';
import { ArchiveError } from './archive-error.js';
import { ArchiveKey } from './archive-key.js';
import type { Secret } from './contract.js';
import {
  CHUNK_HEADER_BYTES,
  type ChunkHeader,
  type ChunkType,
  chunkIsSound,
  decodeChunkHeader,
} from './format/chunk.js';
import { FormatError } from './format/format-error.js';
import { decodeHeader, HEADER_BYTES, type Header } from './format/header.js';

/** A chunk's place: where its header is, and how long its payload is said to be. */
export interface ChunkPlace {
  readonly offset: number;
  readonly length: number;
}

export interface Chunk {
  readonly header: ChunkHeader;
  /** Decrypted. */
  readonly payload: Buffer;
}

/** Bytes of a file that were read together. */
export interface Window {
  readonly start: number;
  readonly bytes: Buffer;
}

/** A file with an archive's header; reads chunks and checks them. */
export class ArchiveFile {
  private constructor(
    readonly path: string,
    readonly header: Header,
    /** When it was opened; a file that grows or shrinks is damaged. */
    readonly length: number,
    readonly handle: FileHandle,
    readonly key: ArchiveKey | undefined,
  ) {}

  /** @throws ArchiveError, SystemError */
  static async open(path: string, secret: Secret | undefined): Promise<ArchiveFile> {
    const handle = await open(path, 'r');
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw new ArchiveError('not-an-archive', `archive '${path}': it is a folder`);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
      const header = inArchive(path, () => decodeHeader(buffer.subarray(0, bytesRead)));
      const key = header.encryption && (await openKey(path, header, secret));
      return new ArchiveFile(path, header, stat.size, handle, key);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @throws ArchiveError `truncated` */
  async read(offset: number, length: number): Promise<Buffer> {
    if (offset + length > this.length) throw this.damaged(`a chunk reaches beyond its end`, 'truncated');
    const bytes = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.handle.read(bytes, filled, length - filled, offset + filled);
      if (bytesRead === 0) throw this.damaged('it was cut off while it was open', 'truncated');
      filled += bytesRead;
    }
    return bytes;
  }

  /** @param window of the file, if one that holds the chunk has been read. @throws ArchiveError */
  async readChunk(type: ChunkType, place: ChunkPlace, window?: Window): Promise<Chunk> {
    const total = CHUNK_HEADER_BYTES + place.length;
    let bytes: Buffer;
    if (
      window &&
      place.offset >= window.start &&
      place.offset + total <= window.start + window.bytes.length
    ) {
      const at = place.offset - window.start;
      bytes = window.bytes.subarray(at, at + total);
    } else {
      bytes = await this.read(place.offset, total);
    }
    return this.openChunk(type, place, bytes);
  }

  /** @param bytes header and payload. @throws ArchiveError */
  openChunk(type: ChunkType, { offset, length }: ChunkPlace, bytes: Buffer): Chunk {
    const header = this.decode(() => decodeChunkHeader(bytes), offset);
    if (header.type !== type || header.length !== length) {
      throw this.damaged(`at byte ${offset} there is another chunk than its index says`);
    }
    const payload = bytes.subarray(CHUNK_HEADER_BYTES);
    if (!chunkIsSound(bytes, payload))
      throw this.damaged(`the chunk at byte ${offset} is damaged (checksum)`);
    if (!this.key) return { header, payload };
    const plain = this.key.open(payload, bytes.subarray(0, 20), offset);
    if (!plain) throw this.damaged(`the chunk at byte ${offset} is damaged (authentication)`);
    return { header, payload: plain };
  }

  /** Runs what may find the format violated. */
  decode<T>(work: () => T, offset?: number): T {
    return inArchive(this.path, work, offset);
  }

  damaged(what: string, problem: 'damaged' | 'truncated' = 'damaged'): ArchiveError {
    return new ArchiveError(problem, `archive '${this.path}' is ${problem}: ${what}`);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

function inArchive<T>(path: string, work: () => T, offset?: number): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const where = offset === undefined ? '' : ` (at byte ${offset})`;
    throw new ArchiveError(error.problem, `archive '${path}': ${error.message}${where}`);
  }
}

async function openKey(path: string, header: Header, secret: Secret | undefined): Promise<ArchiveKey> {
  if (!header.encryption || !secret) {
    throw new ArchiveError(
      'needs-key',
      `archive '${path}' is encrypted: its passphrase or key file is needed`,
    );
  }
  const key = await ArchiveKey.open(secret, header.encryption);
  if (key) return key;
  const what = 'keyFile' in secret ? `'${secret.keyFile}' is not its key` : 'this is not its passphrase';
  throw new ArchiveError('wrong-key', `archive '${path}': ${what}`);
}
