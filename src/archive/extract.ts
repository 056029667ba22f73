import { ArchiveError } from './archive-error.js';
import type { ArchiveReader, Damage, ExtractOptions, ExtractReport, ReadOptions } from './contract.js';
import { TemporaryFile } from './temporary-file.js';

/**
 * Writes a stream to a file of its own, which gets its name when it is whole; mode 0600.
 * @throws ArchiveError what is damaged, unless `salvage`; SystemError, EEXIST if there is such a file.
 */
export async function extractStream(
  archive: ArchiveReader,
  name: string,
  target: string,
  options: ExtractOptions = {},
): Promise<ExtractReport> {
  const { size } = archive.stream(name);
  const damages: Damage[] = [];
  const { salvage, signal } = options;
  const read: ReadOptions = {
    ...(salvage ? { lost: (damage: Damage) => void damages.push(damage) } : {}),
    ...(signal ? { signal } : {}),
  };
  const file = await TemporaryFile.create(target);
  try {
    const writer = new SparseWriter(file, options.sparse !== false);
    let at = 0;
    try {
      for await (const chunk of archive.chunks(name, read)) {
        await writer.write(at, chunk);
        at += chunk.length;
        options.onProgress?.(at, size);
      }
    } catch (error) {
      // What tells where everything is cannot be gone without.
      if (!salvage || !(error instanceof ArchiveError)) throw error;
      const { problem, message } = error;
      damages.push({ problem, stream: name, offset: at, length: size - at, message });
    }
    await file.handle.truncate(size);
    await file.keep();
  } catch (error) {
    await file.remove();
    throw error;
  }
  return { bytes: size, damages };
}

/** Writes what isn't zero. */
class SparseWriter {
  readonly #file: TemporaryFile;
  readonly #sparse: boolean;
  readonly #zeroes = Buffer.alloc(64 * 1024);

  constructor(file: TemporaryFile, sparse: boolean) {
    this.#file = file;
    this.#sparse = sparse;
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    if (!this.#sparse) return this.#writeAll(offset, bytes);
    let start = 0;
    for (let at = 0; at < bytes.length; at += this.#zeroes.length) {
      const part = bytes.subarray(at, at + this.#zeroes.length);
      if (!part.equals(this.#zeroes.subarray(0, part.length))) continue;
      await this.#writeAll(offset + start, bytes.subarray(start, at));
      start = at + part.length;
    }
    await this.#writeAll(offset + start, bytes.subarray(start));
  }

  async #writeAll(offset: number, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.handle.write(bytes, at, bytes.length - at, offset + at);
      at += bytesWritten;
    }
  }
}
