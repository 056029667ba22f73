import type { Socket } from 'node:net';
import { ByteInbox } from './byte-inbox.js';
import {
  BASE_ALLOCATION,
  CMD_BLOCK_STATUS,
  CMD_DISC,
  CMD_FLAG_REQ_ONE,
  CMD_FLUSH,
  CMD_READ,
  CMD_WRITE,
  EINVAL,
  EIO,
  EPERM,
  EXPORT_CAN_MULTI_CONN,
  EXPORT_HAS_FLAGS,
  EXPORT_READ_ONLY,
  EXPORT_SEND_DF,
  EXPORT_SEND_FLUSH,
  FLAG_FIXED_NEWSTYLE,
  FLAG_NO_ZEROES,
  INFO_BLOCK_SIZE,
  INFO_EXPORT,
  MAX_READ,
  MAX_STRING,
  NBD_MAGIC,
  OPT_ABORT,
  OPT_EXPORT_NAME,
  OPT_GO,
  OPT_INFO,
  OPT_LIST,
  OPT_LIST_META_CONTEXT,
  OPT_SET_META_CONTEXT,
  OPT_STRUCTURED_REPLY,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  REP_ACK,
  REP_ERR_INVALID,
  REP_ERR_TOO_BIG,
  REP_ERR_UNKNOWN,
  REP_ERR_UNSUP,
  REP_INFO,
  REP_META_CONTEXT,
  REP_SERVER,
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

const TRANSMISSION_FLAGS =
  EXPORT_HAS_FLAGS | EXPORT_READ_ONLY | EXPORT_SEND_FLUSH | EXPORT_SEND_DF | EXPORT_CAN_MULTI_CONN;
/** Longest option that is read whole: a name, a count and some queries. */
const MAX_OPTION = 16 * 1024;
/** Options before a client has to come to the point. */
const MAX_OPTIONS = 1000;
const CONTEXT_ID = 1;
/** Bytes of reads under way for one client; more of its requests wait in the socket. */
const MAX_UNDER_WAY = 64 * 1024 * 1024;
const MAX_REQUESTS = 64;

type Failed = (name: string, error: Error) => void;

/** A client does not speak the protocol: it is hung up on. */
class BadClient extends Error {}

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

interface Session {
  readonly source: NbdExport;
  readonly structured: boolean;
  readonly status: boolean;
}

class Handshake {
  readonly #socket: Socket;
  readonly #inbox: ByteInbox;
  readonly #exports: ReadonlyMap<string, NbdExport>;
  #structured = false;
  /** The export that block status was asked for. */
  #statusOf: string | undefined;
  #noZeroes = false;

  constructor(socket: Socket, inbox: ByteInbox, exports: ReadonlyMap<string, NbdExport>) {
    this.#socket = socket;
    this.#inbox = inbox;
    this.#exports = exports;
  }

  /** @returns undefined if the client leaves. */
  async run(): Promise<Session | undefined> {
    const hello = Buffer.alloc(18);
    hello.writeBigUInt64BE(NBD_MAGIC, 0);
    hello.writeBigUInt64BE(OPTION_MAGIC, 8);
    hello.writeUInt16BE(FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES, 16);
    this.#socket.write(hello);
    const flags = (await this.#inbox.take(4)).readUInt32BE();
    if ((flags & ~(FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES)) !== 0) throw new BadClient();
    this.#noZeroes = (flags & FLAG_NO_ZEROES) !== 0;
    for (let count = 0; count < MAX_OPTIONS; count++) {
      const head = await this.#inbox.take(16);
      if (head.readBigUInt64BE(0) !== OPTION_MAGIC) throw new BadClient();
      const [option, length] = [head.readUInt32BE(8), head.readUInt32BE(12)];
      if (length > MAX_OPTION) {
        if (option === OPT_EXPORT_NAME) throw new BadClient();
        await this.#inbox.skip(length);
        this.#reply(option, REP_ERR_TOO_BIG);
        continue;
      }
      const data = await this.#inbox.take(length);
      if (option === OPT_ABORT) {
        this.#reply(option, REP_ACK);
        this.#socket.end();
        return undefined;
      }
      const session = this.#answer(option, data);
      if (session) return session;
    }
    throw new BadClient();
  }

  #answer(option: number, data: Buffer): Session | undefined {
    switch (option) {
      case OPT_EXPORT_NAME:
        return this.#exportName(data.toString('utf8'));
      case OPT_LIST:
        return this.#list(data);
      case OPT_STRUCTURED_REPLY:
        if (data.length > 0) return this.#reply(option, REP_ERR_INVALID);
        this.#structured = true;
        return this.#reply(option, REP_ACK);
      case OPT_LIST_META_CONTEXT:
      case OPT_SET_META_CONTEXT:
        return this.#metaContext(option, data);
      case OPT_INFO:
      case OPT_GO:
        return this.#go(option, data);
      default:
        return this.#reply(option, REP_ERR_UNSUP);
    }
  }

  #session(source: NbdExport): Session {
    return { source, structured: this.#structured, status: this.#statusOf === source.name };
  }

  /** The old way in, which has no way to say no but to hang up. */
  #exportName(name: string): Session {
    const source = this.#exports.get(name);
    if (!source) throw new BadClient();
    const answer = Buffer.alloc(this.#noZeroes ? 10 : 134);
    answer.writeBigUInt64BE(BigInt(source.size), 0);
    answer.writeUInt16BE(TRANSMISSION_FLAGS, 8);
    this.#socket.write(answer);
    return this.#session(source);
  }

  #list(data: Buffer): undefined {
    if (data.length > 0) return this.#reply(OPT_LIST, REP_ERR_INVALID);
    for (const name of this.#exports.keys()) this.#reply(OPT_LIST, REP_SERVER, sized(name));
    return this.#reply(OPT_LIST, REP_ACK);
  }

  #metaContext(option: number, data: Buffer): undefined {
    const asked = readMetaContext(data);
    if (!asked || !this.#structured) return this.#reply(option, REP_ERR_INVALID);
    if (!this.#exports.has(asked.name)) return this.#reply(option, REP_ERR_UNKNOWN);
    const all = option === OPT_LIST_META_CONTEXT && asked.queries.length === 0;
    const wanted = all || asked.queries.some((query) => query === BASE_ALLOCATION || query === 'base:');
    if (option === OPT_SET_META_CONTEXT) this.#statusOf = wanted ? asked.name : undefined;
    if (wanted) {
      const id = Buffer.alloc(4);
      id.writeUInt32BE(CONTEXT_ID);
      this.#reply(option, REP_META_CONTEXT, Buffer.concat([id, Buffer.from(BASE_ALLOCATION)]));
    }
    return this.#reply(option, REP_ACK);
  }

  #go(option: number, data: Buffer): Session | undefined {
    const length = data.length >= 6 ? data.readUInt32BE(0) : Number.POSITIVE_INFINITY;
    if (length > data.length - 6) return this.#reply(option, REP_ERR_INVALID);
    const source = this.#exports.get(data.toString('utf8', 4, 4 + length));
    if (!source) return this.#reply(option, REP_ERR_UNKNOWN);
    const info = Buffer.alloc(12);
    info.writeUInt16BE(INFO_EXPORT, 0);
    info.writeBigUInt64BE(BigInt(source.size), 2);
    info.writeUInt16BE(TRANSMISSION_FLAGS, 10);
    this.#reply(option, REP_INFO, info);
    const sizes = Buffer.alloc(14);
    sizes.writeUInt16BE(INFO_BLOCK_SIZE, 0);
    sizes.writeUInt32BE(1, 2);
    sizes.writeUInt32BE(64 * 1024, 6);
    sizes.writeUInt32BE(MAX_READ, 10);
    this.#reply(option, REP_INFO, sizes);
    this.#reply(option, REP_ACK);
    return option === OPT_GO ? this.#session(source) : undefined;
  }

  #reply(option: number, type: number, data: Buffer = Buffer.alloc(0)): undefined {
    const head = Buffer.alloc(20);
    head.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0);
    head.writeUInt32BE(option, 8);
    head.writeUInt32BE(type, 12);
    head.writeUInt32BE(data.length, 16);
    this.#socket.write(Buffer.concat([head, data]));
  }
}

function sized(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function readMetaContext(data: Buffer): { name: string; queries: string[] } | undefined {
  let at = 0;
  const number = (): number => {
    if (at + 4 > data.length) return Number.POSITIVE_INFINITY;
    at += 4;
    return data.readUInt32BE(at - 4);
  };
  const text = (): string | undefined => {
    const length = number();
    if (length > MAX_STRING || at + length > data.length) return undefined;
    at += length;
    return data.toString('utf8', at - length, at);
  };
  const name = text();
  const count = number();
  if (name === undefined || count > data.length / 4) return undefined;
  const queries: string[] = [];
  for (let index = 0; index < count; index++) {
    const query = text();
    if (query === undefined) return undefined;
    queries.push(query);
  }
  return at === data.length ? { name, queries } : undefined;
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
  readonly #session: Session;
  readonly #failed: Failed;
  #requests = 0;
  #bytes = 0;
  #fewer: (() => void) | undefined;
  #drained: Promise<void> | undefined;

  constructor(socket: Socket, inbox: ByteInbox, session: Session, failed: Failed) {
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
