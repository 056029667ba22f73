/** Buffers of a block's length that are used again and again. Allocating 64 KiB costs more than compressing them. */
export class BlockPool {
  readonly #free: Buffer[] = [];

  constructor(
    readonly blockSize: number,
    readonly limit: number,
  ) {}

  /** @returns a buffer with anything in it. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.blockSize);
  }

  give(buffer: Buffer): void {
    if (this.#free.length < this.limit) this.#free.push(buffer);
  }
}
