import type { ArchiveFile } from './archive-file.js';
import {
  CHUNK_HEADER_BYTES,
  CHUNK_MAGIC,
  type ChunkHeader,
  chunkIsSound,
  decodeChunkHeader,
} from './format/chunk.js';
import { FormatError } from './format/format-error.js';
import { HEADER_BYTES } from './format/header.js';

const WINDOW_BYTES = 2 * 1024 * 1024;

export interface FoundChunk {
  readonly header: ChunkHeader;
  readonly offset: number;
}

/** A stretch of the file that holds no sound chunk. */
export interface Gap {
  readonly offset: number;
  readonly length: number;
}

/**
 * Goes through a file from its header on and finds every chunk whose checksum is right, whatever lies between them;
 * the footer at the end of a whole file counts as a gap.
 */
export async function* scanChunks(
  file: ArchiveFile,
  signal?: AbortSignal,
): AsyncGenerator<{ chunk: FoundChunk } | { gap: Gap }, void, void> {
  const bytes = new SlidingBytes(file);
  let gapStart: number | undefined;
  for (let at = HEADER_BYTES; at < file.length; ) {
    signal?.throwIfAborted();
    const header = await soundChunk(file, bytes, at);
    if (header) {
      if (gapStart !== undefined) yield { gap: { offset: gapStart, length: at - gapStart } };
      gapStart = undefined;
      yield { chunk: { header, offset: at } };
      at += CHUNK_HEADER_BYTES + header.length;
    } else {
      gapStart ??= at;
      at = await nextMagic(file, bytes, at + 1);
    }
  }
  if (gapStart !== undefined) yield { gap: { offset: gapStart, length: file.length - gapStart } };
}

async function soundChunk(
  file: ArchiveFile,
  bytes: SlidingBytes,
  offset: number,
): Promise<ChunkHeader | undefined> {
  if (offset + CHUNK_HEADER_BYTES > file.length) return undefined;
  let header: ChunkHeader;
  try {
    header = decodeChunkHeader(await bytes.at(offset, CHUNK_HEADER_BYTES));
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
  if (offset + CHUNK_HEADER_BYTES + header.length > file.length) return undefined;
  const whole = await bytes.at(offset, CHUNK_HEADER_BYTES + header.length);
  return chunkIsSound(whole, whole.subarray(CHUNK_HEADER_BYTES)) ? header : undefined;
}

/** @returns the file's length if there is no other. */
async function nextMagic(file: ArchiveFile, bytes: SlidingBytes, from: number): Promise<number> {
  for (let at = from; at < file.length; ) {
    const length = Math.min(WINDOW_BYTES / 2, file.length - at);
    const part = await bytes.at(at, length);
    const found = part.indexOf(CHUNK_MAGIC);
    if (found >= 0) return at + found;
    if (at + length >= file.length) return file.length;
    // It may begin at the end of this part.
    at += length - CHUNK_MAGIC.length + 1;
  }
  return file.length;
}

/** Bytes of a file that is read from its beginning to its end. */
class SlidingBytes {
  readonly #file: ArchiveFile;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: ArchiveFile) {
    this.#file = file;
  }

  async at(offset: number, length: number): Promise<Buffer> {
    if (offset < this.#start || offset + length > this.#start + this.#bytes.length) {
      const wanted = Math.min(this.#file.length - offset, Math.max(length, WINDOW_BYTES));
      this.#bytes = await this.#file.read(offset, wanted);
      this.#start = offset;
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
