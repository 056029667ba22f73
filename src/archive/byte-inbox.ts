import type { Socket } from 'node:net';

/** Bytes that may lie unread before the other side is made to wait. */
const FULL = 8 * 1024 * 1024;

/** The stream ended, or broke, before everything that was waited for had come. */
export class StreamEnded extends Error {
  override readonly name = 'StreamEnded';
}

/**
 * Bytes from a socket, taken by as many as a protocol wants. One taker at a time. What nobody takes is bounded: the
 * socket waits.
 */
export class ByteInbox {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #ended: Error | undefined;
  #wanted: { target: Buffer; filled: number; done: () => void; failed: (error: Error) => void } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.once('error', (error) => this.#end(error));
    socket.once('close', () => this.#end(new StreamEnded('the connection was closed')));
  }

  /** @throws StreamEnded, or the socket's error. The length is for the caller to have checked. */
  async take(length: number): Promise<Buffer> {
    const target = Buffer.allocUnsafe(length);
    await this.takeInto(target);
    return target;
  }

  /** Fills a buffer. */
  takeInto(target: Buffer): Promise<void> {
    if (this.#wanted) throw new Error('somebody waits for bytes already');
    let filled = 0;
    while (filled < target.length) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const used = Math.min(chunk.length, target.length - filled);
      chunk.copy(target, filled, 0, used);
      filled += used;
      if (used === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(used);
    }
    this.#bytes -= filled;
    if (this.#bytes < FULL && this.#socket.isPaused()) this.#socket.resume();
    if (filled === target.length) return Promise.resolve();
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((done, failed) => {
      this.#wanted = { target, filled, done, failed };
    });
  }

  /** Passes over bytes without keeping them. */
  async skip(length: number): Promise<void> {
    const scratch = Buffer.allocUnsafe(Math.min(length, 64 * 1024));
    for (let left = length; left > 0; left -= scratch.length)
      await this.takeInto(left < scratch.length ? scratch.subarray(0, left) : scratch);
  }

  #receive(chunk: Buffer): void {
    let rest = chunk;
    const wanted = this.#wanted;
    if (wanted) {
      const used = Math.min(rest.length, wanted.target.length - wanted.filled);
      rest.copy(wanted.target, wanted.filled, 0, used);
      wanted.filled += used;
      rest = rest.subarray(used);
      if (wanted.filled === wanted.target.length) {
        this.#wanted = undefined;
        wanted.done();
      }
    }
    if (rest.length === 0) return;
    this.#chunks.push(rest);
    this.#bytes += rest.length;
    if (this.#bytes >= FULL) this.#socket.pause();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#wanted?.failed(this.#ended);
    this.#wanted = undefined;
  }
}
