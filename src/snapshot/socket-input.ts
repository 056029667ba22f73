import type { Socket } from 'node:net';
import type { MemoryChunk, MemoryInput } from './memory-input.js';
import { socketEnd } from './socket-end.js';

/** Memory from a unix socket, where QEMU can't be given a pipe. */
export class SocketInput implements MemoryInput {
  readonly #socket: Socket;
  readonly #room: number;
  #held = 0;

  /** @param room bytes that may wait to be released. */
  constructor(socket: Socket, room: number) {
    this.#socket = socket;
    this.#room = room;
  }

  async read(take: (chunk: MemoryChunk) => void): Promise<void> {
    this.#socket.on('data', (bytes: Buffer) => {
      this.#held += bytes.length;
      if (this.#held > this.#room) this.#socket.pause();
      take({ bytes, release: () => this.#release(bytes.length) });
    });
    const ended = socketEnd(this.#socket);
    this.#socket.resume();
    await ended;
  }

  #release(bytes: number): void {
    this.#held -= bytes;
    if (this.#held <= this.#room) this.#socket.resume();
  }
}
