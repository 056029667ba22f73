import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ByteInbox } from './byte-inbox.js';
import {
  BASE_ALLOCATION,
  CMD_BLOCK_STATUS,
  CMD_DISC,
  CMD_READ,
  EXPORT_HAS_FLAGS,
  FLAG_FIXED_NEWSTYLE,
  FLAG_NO_ZEROES,
  INFO_EXPORT,
  isErrorReply,
  MAX_READ,
  MAX_STRING,
  NBD_MAGIC,
  type NbdExtent,
  nbdErrorWords,
  OPT_GO,
  OPT_SET_META_CONTEXT,
  OPT_STRUCTURED_REPLY,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  REP_ACK,
  REP_INFO,
  REP_META_CONTEXT,
  REPLY_BLOCK_STATUS,
  REPLY_FLAG_DONE,
  REPLY_NONE,
  REPLY_OFFSET_DATA,
  REPLY_OFFSET_HOLE,
  REQUEST_MAGIC,
  SIMPLE_REPLY_MAGIC,
  STATE_ZERO,
  STRUCTURED_REPLY_MAGIC,
} from './nbd-protocol.js';

/** A server says nothing for this long: it is gone. */
const SILENCE_MS = 60_000;
/** An option's reply and a chunk without data are small; more than this is no answer. */
const MAX_REPLY = 64 * 1024;
/** Extents in one answer: QEMU sends at most 1 MiB of them. */
const MAX_STATUS = 4 * 1024 * 1024;
/** Block status is asked for this much at a time: lengths have 32 bits. */
const MAX_STATUS_LENGTH = 2 ** 31;

/** The server refuses, has failed, or does not speak the protocol. */
export class NbdError extends Error {
  override readonly name = 'NbdError';
}

export interface NbdAddress {
  /** Path of a unix socket. */
  readonly socket: string;
  /** The export's name. */
  readonly name: string;
}

interface Request {
  readonly offset: number;
  /** Where data goes; undefined for block status. */
  readonly target: Buffer | undefined;
  /** Bytes of the target that have come. */
  filled: number;
  readonly extents: NbdExtent[];
  failure: string | undefined;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * Reads an export of an NBD server on a unix socket. Any number of requests may be under way. When the connection is lost
 * all of them fail; nothing is tried again, since another server at the same address may hold other contents.
 */
export class NbdClient {
  /** Bytes. */
  readonly size: number;
  /** Whether extents() tells holes; without it, everything counts as data. */
  readonly hasStatus: boolean;
  readonly #socket: Socket;
  readonly #inbox: ByteInbox;
  readonly #structured: boolean;
  readonly #requests = new Map<bigint, Request>();
  #next = 0n;
  #failure: Error | undefined;

  private constructor(socket: Socket, inbox: ByteInbox, terms: Terms) {
    this.#socket = socket;
    this.#inbox = inbox;
    this.size = terms.size;
    this.hasStatus = terms.context !== undefined;
    this.#structured = terms.structured;
    void this.#receive(terms.context);
  }

  /** @throws NbdError, the socket's error (ENOENT, ECONNREFUSED, …) or the signal's reason */
  static async connect({ socket: path, name }: NbdAddress, signal?: AbortSignal): Promise<NbdClient> {
    signal?.throwIfAborted();
    const socket = connect(path);
    const abort = (): void => void socket.destroy(signal?.reason as Error);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      // Aborting is told by the socket's error.
      await once(socket, 'connect');
      const inbox = new ByteInbox(socket);
      socket.setTimeout(SILENCE_MS, () => socket.destroy(new NbdError('the NBD server does not answer')));
      const terms = await negotiate(socket, inbox, name);
      socket.setTimeout(0);
      return new NbdClient(socket, inbox, terms);
    } catch (error) {
      socket.destroy();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Reads into `target`, whose length is how much. @throws NbdError, or why the connection was lost */
  async read(offset: number, target: Buffer): Promise<void> {
    if (target.length > MAX_READ) throw new RangeError(`more than ${MAX_READ} bytes in one read`);
    if (offset < 0 || offset + target.length > this.size)
      throw new RangeError('beyond the end of the export');
    if (target.length === 0) return;
    await this.#request(CMD_READ, offset, target.length, target);
  }

  /**
   * What lies from an offset on: at least one extent; maybe less than `length` in all, never more.
   * @throws NbdError, or why the connection was lost
   */
  async extents(offset: number, length: number): Promise<readonly NbdExtent[]> {
    if (offset < 0 || length <= 0 || offset + length > this.size)
      throw new RangeError('beyond the end of the export');
    const asked = Math.min(length, MAX_STATUS_LENGTH);
    if (!this.hasStatus) return [{ length: asked, zero: false }];
    const found = await this.#request(CMD_BLOCK_STATUS, offset, asked, undefined);
    const told: NbdExtent[] = [];
    let left = asked;
    for (const extent of found) {
      if (left === 0) break;
      // The last one may reach beyond what was asked for.
      const part = Math.min(extent.length, left);
      told.push({ length: part, zero: extent.zero });
      left -= part;
    }
    if (told.length === 0) throw new NbdError('the NBD server tells of no extents');
    return told;
  }

  /** Says goodbye. Requests that are under way fail. */
  close(): void {
    if (!this.#failure) this.#socket.end(requestHeader(CMD_DISC, 0n, 0, 0));
    this.#fail(new NbdError('the connection was closed'));
    // A server that does not close its end is not waited for.
    this.#socket.unref();
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  #request(
    command: number,
    offset: number,
    length: number,
    target: Buffer | undefined,
  ): Promise<NbdExtent[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const cookie = this.#next++;
    return new Promise((resolve, reject) => {
      const extents: NbdExtent[] = [];
      this.#requests.set(cookie, {
        offset,
        target,
        filled: 0,
        extents,
        failure: undefined,
        done: () => resolve(extents),
        failed: reject,
      });
      this.#socket.setTimeout(SILENCE_MS);
      this.#socket.write(requestHeader(command, cookie, offset, length));
    });
  }

  async #receive(context: number | undefined): Promise<void> {
    try {
      for (;;) {
        const magic = (await this.#inbox.take(4)).readUInt32BE();
        if (magic === SIMPLE_REPLY_MAGIC && !this.#structured) await this.#simpleReply();
        // A server that speaks in chunks still answers anything but reads and status simply.
        else if (magic === STRUCTURED_REPLY_MAGIC && this.#structured) await this.#chunk(context);
        else throw new NbdError('the NBD server does not speak the protocol');
        if (this.#requests.size === 0) this.#socket.setTimeout(0);
      }
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  async #simpleReply(): Promise<void> {
    const head = await this.#inbox.take(12);
    const code = head.readUInt32BE(0);
    const [cookie, request] = this.#find(head.readBigUInt64BE(4));
    if (code !== 0) request.failure = nbdErrorWords(code);
    else if (request.target) {
      await this.#inbox.takeInto(request.target);
      request.filled = request.target.length;
    }
    this.#settle(cookie, request);
  }

  async #chunk(context: number | undefined): Promise<void> {
    const head = await this.#inbox.take(16);
    const [flags, type] = [head.readUInt16BE(0), head.readUInt16BE(2)];
    const [cookie, request] = this.#find(head.readBigUInt64BE(4));
    const length = head.readUInt32BE(12);
    if (type === REPLY_OFFSET_DATA) await this.#data(request, length);
    else {
      if (length > (type === REPLY_BLOCK_STATUS ? MAX_STATUS : MAX_REPLY))
        throw new NbdError('the NBD server answers more than it was asked for');
      takeChunk(request, type, await this.#inbox.take(length), context);
    }
    if ((flags & REPLY_FLAG_DONE) !== 0) this.#settle(cookie, request);
  }

  async #data(request: Request, length: number): Promise<void> {
    if (length <= 8) throw new NbdError('the NBD server sends an empty piece');
    const at = Number((await this.#inbox.take(8)).readBigUInt64BE()) - request.offset;
    await this.#inbox.takeInto(part(request, at, length - 8));
    request.filled += length - 8;
  }

  #find(cookie: bigint): [bigint, Request] {
    const request = this.#requests.get(cookie);
    if (!request) throw new NbdError('the NBD server answers what was not asked');
    return [cookie, request];
  }

  #settle(cookie: bigint, request: Request): void {
    this.#requests.delete(cookie);
    const { failure, target, filled } = request;
    if (failure !== undefined) request.failed(new NbdError(`the NBD server says: ${failure}`));
    else if (target && filled !== target.length)
      request.failed(new NbdError('the NBD server sent only a part of what was read'));
    else request.done();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { failed } of this.#requests.values()) failed(this.#failure);
    this.#requests.clear();
    this.#socket.setTimeout(0);
    if (!this.#socket.writableEnded) this.#socket.destroy();
  }
}

/** The part of a read's target that a piece of the answer is for. */
function part({ target }: Request, at: number, length: number): Buffer {
  if (!target || at < 0 || at + length > target.length)
    throw new NbdError('the NBD server answers more than it was asked for');
  return target.subarray(at, at + length);
}

function takeChunk(request: Request, type: number, payload: Buffer, context: number | undefined): void {
  if (isErrorReply(type)) {
    const code = payload.length >= 6 ? payload.readUInt32BE(0) : 0;
    const said = payload.length >= 6 ? payload.toString('utf8', 6, 6 + payload.readUInt16BE(4)) : '';
    request.failure ??= said || nbdErrorWords(code);
  } else if (type === REPLY_OFFSET_HOLE) {
    if (payload.length !== 12) throw new NbdError('the NBD server sends a hole that is none');
    const length = payload.readUInt32BE(8);
    part(request, Number(payload.readBigUInt64BE(0)) - request.offset, length).fill(0);
    request.filled += length;
  } else if (type === REPLY_BLOCK_STATUS) {
    if (payload.length % 8 !== 4) throw new NbdError('the NBD server sends a status that is none');
    // Some other context, which we never asked for.
    if (payload.readUInt32BE(0) !== context) return;
    for (let at = 4; at < payload.length; at += 8) {
      const length = payload.readUInt32BE(at);
      if (length === 0) throw new NbdError('the NBD server tells of an empty extent');
      request.extents.push({ length, zero: (payload.readUInt32BE(at + 4) & STATE_ZERO) !== 0 });
    }
  } else if (type !== REPLY_NONE) {
    throw new NbdError(`the NBD server sends a piece of unknown type ${type}`);
  }
}

function requestHeader(command: number, cookie: bigint, offset: number, length: number): Buffer {
  const header = Buffer.alloc(28);
  header.writeUInt32BE(REQUEST_MAGIC, 0);
  header.writeUInt16BE(command, 6);
  header.writeBigUInt64BE(cookie, 8);
  header.writeBigUInt64BE(BigInt(offset), 16);
  header.writeUInt32BE(length, 24);
  return header;
}

/** What client and server have agreed on. */
interface Terms {
  readonly size: number;
  readonly structured: boolean;
  /** The number that base:allocation goes by; undefined without it. */
  readonly context: number | undefined;
}

async function negotiate(socket: Socket, inbox: ByteInbox, name: string): Promise<Terms> {
  const hello = await inbox.take(18);
  if (hello.readBigUInt64BE(0) !== NBD_MAGIC || hello.readBigUInt64BE(8) !== OPTION_MAGIC)
    throw new NbdError('this is no NBD server, or a very old one');
  const flags = hello.readUInt16BE(16);
  if ((flags & FLAG_FIXED_NEWSTYLE) === 0) throw new NbdError('the NBD server is too old');
  const own = Buffer.alloc(4);
  own.writeUInt32BE(FLAG_FIXED_NEWSTYLE | (flags & FLAG_NO_ZEROES));
  socket.write(own);
  const option = (number: number, data: Buffer): Promise<OptionReply[]> =>
    askOption(socket, inbox, number, data);

  const encoded = Buffer.from(name);
  if (encoded.length > MAX_STRING) throw new NbdError("the export's name is too long");
  const length = Buffer.alloc(4);
  length.writeUInt32BE(encoded.length);
  const structured = last(await option(OPT_STRUCTURED_REPLY, Buffer.alloc(0))).type === REP_ACK;
  const context = structured ? await askContext(option, Buffer.concat([length, encoded])) : undefined;
  const replies = await option(OPT_GO, Buffer.concat([length, encoded, Buffer.alloc(2)]));
  const end = last(replies);
  if (end.type !== REP_ACK) {
    const said = end.data.toString('utf8').trim();
    throw new NbdError(`the NBD server refuses export '${name}'${said ? `: ${said}` : ''}`);
  }
  const info = replies.find(({ type, data }) => type === REP_INFO && data.readUInt16BE(0) === INFO_EXPORT);
  if (!info || info.data.length < 12) throw new NbdError('the NBD server tells no size');
  const size = info.data.readBigUInt64BE(2);
  if ((info.data.readUInt16BE(10) & EXPORT_HAS_FLAGS) === 0 || size > BigInt(Number.MAX_SAFE_INTEGER))
    throw new NbdError('the NBD server does not speak the protocol');
  return { size: Number(size), structured, context };
}

async function askContext(
  option: (number: number, data: Buffer) => Promise<OptionReply[]>,
  name: Buffer,
): Promise<number | undefined> {
  const query = Buffer.from(BASE_ALLOCATION);
  const counts = Buffer.alloc(8);
  counts.writeUInt32BE(1, 0);
  counts.writeUInt32BE(query.length, 4);
  const replies = await option(OPT_SET_META_CONTEXT, Buffer.concat([name, counts, query]));
  if (last(replies).type !== REP_ACK) return undefined;
  const found = replies.find(
    ({ type, data }) => type === REP_META_CONTEXT && data.toString('utf8', 4) === BASE_ALLOCATION,
  );
  return found?.data.readUInt32BE(0);
}

interface OptionReply {
  readonly type: number;
  readonly data: Buffer;
}

const last = (replies: readonly OptionReply[]): OptionReply => replies.at(-1) as OptionReply;

/** @returns every reply, the last one of which ends the option. */
async function askOption(
  socket: Socket,
  inbox: ByteInbox,
  option: number,
  data: Buffer,
): Promise<OptionReply[]> {
  const header = Buffer.alloc(16);
  header.writeBigUInt64BE(OPTION_MAGIC, 0);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(data.length, 12);
  socket.write(Buffer.concat([header, data]));
  const replies: OptionReply[] = [];
  for (;;) {
    const head = await inbox.take(20);
    const [type, length] = [head.readUInt32BE(12), head.readUInt32BE(16)];
    if (head.readBigUInt64BE(0) !== OPTION_REPLY_MAGIC || head.readUInt32BE(8) !== option)
      throw new NbdError('the NBD server does not speak the protocol');
    if (length > MAX_REPLY || replies.length > 1000)
      throw new NbdError('the NBD server answers more than it was asked for');
    replies.push({ type, data: await inbox.take(length) });
    if (type !== REP_INFO && type !== REP_META_CONTEXT) return replies;
  }
}
