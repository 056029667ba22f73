import type { FileHandle } from 'node:fs/promises';
import type { ArchiveKey } from './archive-key.js';
import { TAG_BYTES } from './archive-key.js';
import { EarlySync } from './early-sync.js';
import { type ChunkHeader, encodeChunkHeader, sealChunk } from './format/chunk.js';

/** Bytes that may wait for the file system before more is refused. */
const MAX_QUEUED = 8 * 1024 * 1024;
const MAX_BUFFERS = 512;

/**
 * A file that is only ever appended to. append() takes its bytes at once; one write at a time is under way, of
 * everything that came meanwhile.
 */
export class ChunkFile {
  readonly #file: FileHandle;
  readonly #key: ArchiveKey | undefined;
  readonly #sync: EarlySync;
  /** Where the next byte will be, and how far the file is written. */
  #end = 0;
  #written = 0;
  #queue: Uint8Array[] = [];
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;
  readonly #onDrain: () => void;
  readonly #onFailure: (error: Error) => void;

  constructor(
    file: FileHandle,
    key: ArchiveKey | undefined,
    events: { drain: () => void; failure: (error: Error) => void },
  ) {
    this.#file = file;
    this.#key = key;
    this.#sync = new EarlySync(file);
    this.#onDrain = events.drain;
    this.#onFailure = events.failure;
  }

  get end(): number {
    return this.#end;
  }

  get full(): boolean {
    return this.#end - this.#written > MAX_QUEUED;
  }

  /** @returns where it will be: what an index says of it. */
  appendChunk(
    chunk: Pick<ChunkHeader, 'type'> & Partial<ChunkHeader>,
    plain: Uint8Array,
  ): { offset: number; length: number } {
    const length = plain.length + (this.#key ? TAG_BYTES : 0);
    const header = encodeChunkHeader({ ...{ coding: 0, stream: 0, block: 0, plain: 0 }, ...chunk, length });
    const offset = this.#end;
    const payload = this.#key ? this.#key.seal(plain, header.subarray(0, 20), offset) : plain;
    sealChunk(header, payload);
    this.append(header);
    this.append(payload);
    return { offset, length };
  }

  /** @param bytes the file's from now on. */
  append(bytes: Uint8Array): void {
    this.#end += bytes.length;
    if (this.#failure) return;
    this.#queue.push(bytes);
    this.#writing ??= this.#write();
  }

  /** Waits until all is in the file. @throws what made a write fail */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    await this.#sync.settled();
    if (this.#failure) throw this.#failure;
  }

  async #write(): Promise<void> {
    try {
      // What is appended in the same turn goes into the same write.
      await Promise.resolve();
      while (this.#queue.length > 0) {
        const batch = this.#queue.splice(0, MAX_BUFFERS);
        await this.#writeAll(batch);
        this.#sync.note(this.#written);
        this.#onDrain();
      }
    } catch (error) {
      this.#failure = error as Error;
      this.#queue = [];
      this.#onFailure(this.#failure);
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeAll(batch: Uint8Array[]): Promise<void> {
    let rest = batch;
    while (rest.length > 0) {
      let { bytesWritten } = await this.#file.writev(rest, this.#written);
      if (bytesWritten === 0) throw new Error('the file system takes no more bytes');
      this.#written += bytesWritten;
      let index = 0;
      while (index < rest.length && bytesWritten >= (rest[index] as Uint8Array).length) {
        bytesWritten -= (rest[index] as Uint8Array).length;
        index++;
      }
      rest = rest.slice(index);
      if (bytesWritten > 0) rest[0] = (rest[0] as Uint8Array).subarray(bytesWritten);
    }
  }
}
