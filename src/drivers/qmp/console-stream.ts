import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A guest's terminal as a stream: a socket, or a pseudo-terminal whose other end QEMU has. */
export class ConsoleStream extends Duplex {
  readonly #socket: Socket;
  readonly #leave: () => Promise<void>;

  /** @param leave puts away what belongs to it, when it is destroyed and the socket is closed */
  constructor(socket: Socket, leave: () => Promise<void>) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#leave = leave;
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.once('end', () => this.push(null));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (endsWithQemu.has(error.code ?? '')) this.push(null);
      else this.destroy(error);
    });
    socket.once('close', () => {
      if (!this.readableEnded) this.push(null);
    });
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // An error is the socket's, and told as such.
    this.#socket.write(chunk, () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const leave = (): void => {
      this.#leave().then(
        () => done(error),
        (failure) => done(error ?? (failure as Error)),
      );
    };
    if (this.#socket.closed) leave();
    else this.#socket.once('close', leave).destroy();
  }
}

/** How a pseudo-terminal (EIO) or a socket tells that QEMU has ended. */
const endsWithQemu: ReadonlySet<string> = new Set(['EIO', 'ECONNRESET', 'EPIPE']);
