import type { Socket } from 'node:net';
import { ByteInbox } from './byte-inbox.js';
import { BadClient, CONTEXT_ID, Handshake, type NbdSession } from './nbd-handshake.js';
import {
  CMD_BLOCK_STATUS,
  CMD_DISC,
  CMD_FLAG_REQ_ONE,
  CMD_FLUSH,
  CMD_READ,
  CMD_WRITE,
  EINVAL,
  EIO,
  EPERM,
  MAX_READ,
  REPLY_BLOCK_STATUS,
  REPLY_ERROR,
  REPLY_FLAG_DONE,
  REPLY_NONE,
  REPLY_OFFSET_DATA,
  REQUEST_MAGIC,
  SIMPLE_REPLY_MAGIC,
  STATE_HOLE,
  STATE_ZERO,
  STRUCTURED_REPLY_MAGIC,
} from './nbd-protocol.js';
import type { NbdExport } from './nbd-server.js';

/** Bytes of reads under way for one client; more of its requests wait in the socket. */
const MAX_UNDER_WAY = 64 * 1024 * 1024;
const MAX_REQUESTS = 64;

type Failed = (name: string, error: Error) => void;

/** Serves one client to its end. Never fails: a client that misbehaves, or goes away, is given up. */
export async function serveNbd(
  socket: Socket,
  exports: ReadonlyMap<string, NbdExport>,
  failed: Failed,
): Promise<void> {
  const inbox = new ByteInbox(socket);
  try {
    const session = await new Handshake(socket, inbox, exports).run();
    if (session) await new Transmission(socket, inbox, session, failed).run();
  } catch {
    // Whatever it was: the client is gone or not worth talking to.
  } finally {
    socket.destroy();
  }
}

interface NbdRequest {
  readonly flags: number;
  readonly command: number;
  readonly cookie: bigint;
  readonly offset: bigint;
  readonly length: number;
}

/** Answers requests as they are done, in whatever order. */
class Transmission {
  readonly #socket: Socket;
  readonly #inbox: ByteInbox;
  readonly #session: NbdSession;
  readonly #failed: Failed;
  #requests = 0;
  #bytes = 0;
  #fewer: (() => void) | undefined;
  #drained: Promise<void> | undefined;

  constructor(socket: Socket, inbox: ByteInbox, session: NbdSession, failed: Failed) {
    this.#socket = socket;
    this.#inbox = inbox;
    this.#session = session;
    this.#failed = failed;
  }

  async run(): Promise<void> {
    for (;;) {
      const head = await this.#inbox.take(28);
      if (head.readUInt32BE(0) !== REQUEST_MAGIC) throw new BadClient();
      const request: NbdRequest = {
        flags: head.readUInt16BE(4),
        command: head.readUInt16BE(6),
        cookie: head.readBigUInt64BE(8),
        offset: head.readBigUInt64BE(16),
        length: head.readUInt32BE(24),
      };
      if (request.command === CMD_DISC) return;
      // What is to be written follows the request, and has to be passed over even if nobody wants it.
      if (request.command === CMD_WRITE) await this.#inbox.skip(request.length);
      await this.#room();
      const bytes = request.command === CMD_READ ? Math.min(request.length, MAX_READ) : 0;
      this.#requests += 1;
      this.#bytes += bytes;
      void this.#serve(request).finally(() => {
        this.#requests -= 1;
        this.#bytes -= bytes;
        this.#fewer?.();
      });
    }
  }

  async #room(): Promise<void> {
    while (this.#requests >= MAX_REQUESTS || this.#bytes >= MAX_UNDER_WAY) {
      await new Promise<void>((resolve) => {
        this.#fewer = resolve;
      });
    }
    this.#fewer = undefined;
  }

  async #serve(request: NbdRequest): Promise<void> {
    try {
      await this.#carryOut(request);
    } catch (error) {
      this.#failed(this.#session.source.name, error as Error);
      await this.#error(request, EIO);
    }
  }

  #carryOut(request: NbdRequest): Promise<void> {
    const { command, length, offset } = request;
    const { source, status } = this.#session;
    const inside = offset + BigInt(length) <= BigInt(source.size);
    switch (command) {
      case CMD_READ:
        return inside && length > 0 && length <= MAX_READ
          ? this.#read(request)
          : this.#error(request, EINVAL);
      case CMD_BLOCK_STATUS:
        return inside && length > 0 && status ? this.#status(request) : this.#error(request, EINVAL);
      case CMD_FLUSH:
        return this.#done(request);
      case CMD_WRITE:
        return this.#error(request, EPERM);
      default:
        // Trim and write-zeroes would write; anything else is unknown.
        return this.#error(request, command === 4 || command === 6 ? EPERM : EINVAL);
    }
  }

  async #read({ cookie, offset, length }: NbdRequest): Promise<void> {
    const data = await this.#session.source.read(Number(offset), length);
    if (data.length !== length) throw new Error(`${data.length} bytes instead of ${length}`);
    if (!this.#session.structured) return this.#send(simple(cookie, 0), data);
    const position = Buffer.alloc(8);
    position.writeBigUInt64BE(offset);
    return this.#send(chunk(cookie, REPLY_OFFSET_DATA, 8 + length), position, data);
  }

  async #status({ cookie, flags, offset, length }: NbdRequest): Promise<void> {
    const found = await this.#session.source.extents(Number(offset), length);
    const extents = (flags & CMD_FLAG_REQ_ONE) !== 0 ? found.slice(0, 1) : found;
    const payload = Buffer.alloc(4 + 8 * extents.length);
    payload.writeUInt32BE(CONTEXT_ID, 0);
    for (const [index, extent] of extents.entries()) {
      payload.writeUInt32BE(extent.length, 4 + 8 * index);
      payload.writeUInt32BE(extent.zero ? STATE_ZERO | STATE_HOLE : 0, 8 + 8 * index);
    }
    return this.#send(chunk(cookie, REPLY_BLOCK_STATUS, payload.length), payload);
  }

  #done({ cookie }: NbdRequest): Promise<void> {
    return this.#send(this.#session.structured ? chunk(cookie, REPLY_NONE, 0) : simple(cookie, 0));
  }

  #error({ cookie }: NbdRequest, code: number): Promise<void> {
    if (!this.#session.structured) return this.#send(simple(cookie, code));
    const payload = Buffer.alloc(6);
    payload.writeUInt32BE(code);
    return this.#send(chunk(cookie, REPLY_ERROR, payload.length), payload);
  }

  /** One answer in one piece; waits until the client has room for more. */
  async #send(...parts: readonly Buffer[]): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.cork();
    let room = true;
    for (const part of parts) room = this.#socket.write(part);
    this.#socket.uncork();
    if (!room) await this.#drain();
  }

  #drain(): Promise<void> {
    this.#drained ??= new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        this.#drained = undefined;
        resolve();
      };
      this.#socket.once('drain', done).once('close', done);
    });
    return this.#drained;
  }
}

function simple(cookie: bigint, code: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(SIMPLE_REPLY_MAGIC, 0);
  head.writeUInt32BE(code, 4);
  head.writeBigUInt64BE(cookie, 8);
  return head;
}

function chunk(cookie: bigint, type: number, length: number): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(STRUCTURED_REPLY_MAGIC, 0);
  head.writeUInt16BE(REPLY_FLAG_DONE, 4);
  head.writeUInt16BE(type, 6);
  head.writeBigUInt64BE(cookie, 8);
  head.writeUInt32BE(length, 16);
  return head;
}
