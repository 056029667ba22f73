import type { Socket } from 'node:net';
import type { ByteInbox } from './byte-inbox.js';
import {
  BASE_ALLOCATION,
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
} from './nbd-protocol.js';
import type { NbdExport } from './nbd-server.js';

const TRANSMISSION_FLAGS =
  EXPORT_HAS_FLAGS | EXPORT_READ_ONLY | EXPORT_SEND_FLUSH | EXPORT_SEND_DF | EXPORT_CAN_MULTI_CONN;
/** Longest option that is read whole: a name, a count and some queries. */
const MAX_OPTION = 16 * 1024;
/** Options before a client has to come to the point. */
const MAX_OPTIONS = 1000;
/** The number that base:allocation goes by. */
export const CONTEXT_ID = 1;

/** A client does not speak the protocol: it is hung up on. */
export class BadClient extends Error {}

/** What a client has chosen. */
export interface NbdSession {
  readonly source: NbdExport;
  readonly structured: boolean;
  /** It may ask for block status. */
  readonly status: boolean;
}

/** Comes to terms with a client that has just connected. */
export class Handshake {
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
  async run(): Promise<NbdSession | undefined> {
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

  #answer(option: number, data: Buffer): NbdSession | undefined {
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

  #session(source: NbdExport): NbdSession {
    return { source, structured: this.#structured, status: this.#statusOf === source.name };
  }

  /** The old way in, which has no way to say no but to hang up. */
  #exportName(name: string): NbdSession {
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

  #go(option: number, data: Buffer): NbdSession | undefined {
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
