import { ProtocolError } from './errors.js';

/** QEMU's own limit for one message is 64 MiB of tokens; replies seen in practice stay below 2 MB. */
export const lineLimit = 10_000_000;

const newline = 0x0a;

/**
 * Cuts a byte stream into lines. The work is proportional to the bytes, however small the pieces are that a line comes
 * in, and at most `limit` bytes are held back.
 */
export class LineSplitter {
  /** The unfinished line is at its start; it grows by doubling. */
  #buffer = Buffer.alloc(0);
  #held = 0;
  readonly #limit: number;

  constructor(limit = lineLimit) {
    this.#limit = limit;
  }

  /** Bytes of an unfinished line. */
  get held(): number {
    return this.#held;
  }

  /**
   * Yields each line that `chunk` completes, without its newline and not empty. A line may be a view into `chunk`:
   * whoever keeps it copies it.
   * @throws ProtocolError if a line grows past the limit; the splitter is empty then
   */
  *push(chunk: Buffer): Generator<Buffer> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(newline, from);
      const part = chunk.subarray(from, end < 0 ? chunk.length : end);
      if (this.#held + part.length > this.#limit) {
        this.clear();
        throw new ProtocolError(`a line of more than ${this.#limit} bytes came from the monitor`);
      }
      if (end < 0) {
        this.#hold(part);
        return;
      }
      const line = this.#held === 0 ? part : this.#complete(part);
      from = end + 1;
      if (line.length > 0) yield line;
    }
  }

  clear(): void {
    this.#buffer = Buffer.alloc(0);
    this.#held = 0;
  }

  #complete(last: Buffer): Buffer {
    this.#hold(last);
    const line = this.#buffer.subarray(0, this.#held);
    this.clear();
    return line;
  }

  #hold(part: Buffer): void {
    const length = this.#held + part.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, Math.min(this.#limit, 2 * this.#buffer.length)));
      this.#buffer.copy(larger, 0, 0, this.#held);
      this.#buffer = larger;
    }
    part.copy(this.#buffer, this.#held);
    this.#held = length;
  }
}
