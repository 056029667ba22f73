import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { ConnectError, type ConnectFailure, TimeoutError } from './errors.js';
import { LineSplitter } from './line-splitter.js';
import { Waiter, type WaitOptions } from './waiter.js';

/** sun_path in sockaddr_un, without its NUL. */
const longestSocketPath = 107;

export interface LineSocketHandlers {
  /** A complete line without its newline; valid only during the call. What it throws closes the socket. */
  line(line: Buffer): void;
  /** Called once, when nothing will come any more; `cause` is undefined where the other side simply closed. */
  closed(cause: Error | undefined): void;
}

/** A unix stream socket that speaks in lines: the transport below QMP and the guest agent's protocol alike. */
export class LineSocket {
  readonly #socket: Socket;
  readonly #handlers: LineSocketHandlers;
  readonly #splitter: LineSplitter;
  #failure: Error | undefined;
  #closed = false;

  private constructor(socket: Socket, handlers: LineSocketHandlers, limit: number | undefined) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#splitter = new LineSplitter(limit);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#splitter.clear();
      this.#handlers.closed(this.#failure);
    });
  }

  /**
   * Connects to a socket in the file system. Paths longer than the kernel's limit for socket addresses work too.
   * @throws ConnectError; a full backlog (others wait there already) is the reason `busy`
   */
  static async connect(
    path: string,
    handlers: LineSocketHandlers,
    { limit, ...wait }: WaitOptions & { limit?: number } = {},
  ): Promise<LineSocket> {
    wait.signal?.throwIfAborted();
    let folder: FileHandle | undefined;
    let address = path;
    if (Buffer.byteLength(path) > longestSocketPath) {
      folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY).catch((error) => {
        throw connectError(path, error);
      });
      address = `/proc/self/fd/${folder.fd}/${basename(path)}`;
    }
    const socket = connect(address);
    const waiter = new Waiter<void>(
      wait,
      (ms) => new TimeoutError(`connecting to ${path} took longer than ${ms} ms`, ms),
    );
    const failed = (error: Error) => waiter.reject(connectError(path, error));
    socket.once('connect', () => waiter.resolve());
    socket.once('error', failed);
    try {
      await waiter.promise;
    } catch (error) {
      socket.on('error', () => {});
      socket.destroy();
      throw error;
    } finally {
      socket.off('error', failed);
      // Not awaited: the socket must have its handlers before the event loop turns.
      void folder?.close();
    }
    return new LineSocket(socket, handlers, limit);
  }

  /** The number of the open descriptor, for system calls that Node has no function for; undefined once closed. */
  get descriptor(): number | undefined {
    // Not a public property, but there since Node 0.x, and no public one exists.
    const handle = (this.#socket as unknown as { _handle?: { fd?: number } | null })._handle;
    return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
  }

  /** Bytes handed to write() that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** Sends the bytes in one write(2), unless the kernel's buffer is full. */
  write(data: string | Buffer): void {
    if (!this.#closed) this.#socket.write(data);
  }

  /** Resolves when everything written so far is in the kernel's hands, or the socket is closed. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed || this.#socket.destroyed) return resolve();
      const done = () => {
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.once('close', done);
      this.#socket.write('', done);
    });
  }

  /** Sends what is still unsent, for at most `patience` milliseconds, and closes. */
  close(patience = 1000): void {
    if (this.#closed || this.#socket.destroyed) return;
    const timer = setTimeout(() => this.#socket.destroy(), patience);
    this.#socket.once('close', () => clearTimeout(timer));
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Closes at once; `cause` is what closed() is told. */
  destroy(cause?: Error): void {
    this.#failure ??= cause;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#splitter.push(chunk)) {
        if (this.#socket.destroyed) return;
        this.#handlers.line(line);
      }
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}

const failures: Record<string, [ConnectFailure, string]> = {
  ENOENT: ['missing', 'there is no such socket'],
  ENOTDIR: ['missing', 'there is no such socket'],
  ECONNREFUSED: ['refused', 'nobody listens on it'],
  EACCES: ['denied', 'permission denied'],
  EPERM: ['denied', 'permission denied'],
  EAGAIN: ['busy', 'it is busy: other clients are waiting already, and one is served at a time'],
};

function connectError(path: string, error: NodeJS.ErrnoException): ConnectError {
  const [reason, text] = failures[error.code ?? ''] ?? ['other', error.message];
  return new ConnectError(`cannot connect to ${path}: ${text}`, path, reason, error);
}
