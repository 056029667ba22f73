import { ProtocolError } from './errors.js';

/** QEMU's own limit for one message is 64 MiB of tokens; replies seen in practice stay below 2 MB. */
export const lineLimit = 10_000_000;

const newline = 0x0a;

/**
 * Cuts a byte stream into lines. Each byte is looked at once, however small the pieces are that a line comes in, and
 * at most `limit` bytes are held back.
 */
export class LineSplitter {
  #pieces: Buffer[] = [];
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
      const length = (end < 0 ? chunk.length : end) - from;
      if (this.#held + length > this.#limit) {
        this.clear();
        throw new ProtocolError(`a line of more than ${this.#limit} bytes came from the monitor`);
      }
      if (end < 0) break;
      const line = this.#complete(chunk.subarray(from, end));
      from = end + 1;
      if (line.length > 0) yield line;
    }
    if (from < chunk.length) {
      // A copy where the rest is small: a view would keep the whole chunk in memory.
      const rest = chunk.subarray(from);
      this.#pieces.push(from === 0 || rest.length > 4096 ? rest : Buffer.from(rest));
      this.#held += rest.length;
      // A line that comes in very small pieces would cost more in Buffer objects than in bytes.
      if (this.#pieces.length >= 1024) this.#pieces = [Buffer.concat(this.#pieces)];
    }
  }

  clear(): void {
    this.#pieces = [];
    this.#held = 0;
  }

  #complete(last: Buffer): Buffer {
    if (this.#pieces.length === 0) return last;
    const line = Buffer.concat([...this.#pieces, last]);
    this.clear();
    return line;
  }
}
