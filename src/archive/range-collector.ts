/** Plain bytes that are put together before they are given out. */
const PIECE_BYTES = 256 * 1024;

/** Collects the bytes of a range of the stream. */
export class RangeCollector {
  readonly #start: number;
  readonly #end: number;
  #buffer = Buffer.allocUnsafe(PIECE_BYTES);
  #filled = 0;
  /** Offset in the stream of the first byte collected. */
  #begin: number;
  /** Offset in the stream of what comes next. */
  offset: number;

  constructor(start: number, end: number, offset: number) {
    this.#start = start;
    this.#end = end;
    this.#begin = offset;
    this.offset = offset;
  }

  *whenFull(): Generator<Buffer> {
    if (this.#filled >= PIECE_BYTES / 2) yield* this.take();
  }

  /** Of so many items of a length that come next, which reach into the range; those before are skipped. */
  wanted(count: number, each: number): [number, number] {
    const first = Math.min(count, Math.max(0, Math.floor((this.#start - this.offset) / each)));
    const end = Math.min(count, Math.max(first, Math.ceil((this.#end - this.offset) / each)));
    if (first > 0) {
      // What has been collected is before the range, too.
      this.#filled = 0;
      this.offset += first * each;
      this.#begin = this.offset;
    }
    return [first, end];
  }

  skip(bytes: number): void {
    this.offset += bytes;
  }

  add(bytes: Buffer): void {
    bytes.copy(this.reserve(bytes.length));
  }

  /** Room for the next bytes, to be filled by the caller at once. */
  reserve(length: number): Buffer {
    if (this.#filled + length > this.#buffer.length) {
      const longer = Buffer.allocUnsafe(Math.max(this.#filled + length, PIECE_BYTES));
      this.#buffer.copy(longer, 0, 0, this.#filled);
      this.#buffer = longer;
    }
    const room = this.#buffer.subarray(this.#filled, this.#filled + length);
    this.#filled += length;
    this.offset += length;
    return room;
  }

  /** What has been collected, as far as it is in the range. */
  *take(): Generator<Buffer> {
    const bytes = this.#buffer.subarray(
      Math.max(0, this.#start - this.#begin),
      Math.max(0, Math.min(this.#filled, this.#end - this.#begin)),
    );
    this.#buffer = Buffer.allocUnsafe(PIECE_BYTES);
    this.#filled = 0;
    this.#begin = this.offset;
    if (bytes.length > 0) yield bytes;
  }
}
