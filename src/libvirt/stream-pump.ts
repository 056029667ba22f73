import koffi from 'koffi';
import {
  VIR_STREAM_EVENT_ERROR,
  VIR_STREAM_EVENT_HANGUP,
  VIR_STREAM_EVENT_READABLE,
  VIR_STREAM_EVENT_WRITABLE,
} from './constants.js';
import { succeed } from './error.js';
import { encodeError } from './error-crossing.js';
import { makeCallback } from './event-callbacks.js';
import { native } from './library.js';
import { Stream, type StreamAddresses } from './stream.js';
import { STREAM_WINDOW, type StreamNews } from './stream-news.js';

const CHUNK = 64 * 1024;

interface Sending {
  readonly data: Uint8Array;
  sent: number;
  done(): void;
}

/**
 * A non-blocking stream, driven by libvirt's event loop on the thread that turns it. It was made on another thread,
 * which leaves it alone until `close`.
 */
export class StreamPump {
  readonly #stream: Stream;
  readonly #connection: bigint;
  readonly #deliver: (news: StreamNews) => void;
  readonly #onStream: bigint;
  readonly #onClose: bigint;
  readonly #sending: Sending[] = [];
  /** How many bytes the other side takes before it has told that it has taken some. */
  #credit = STREAM_WINDOW;
  #interest = 0;
  #over = false;

  /** @throws LibvirtError */
  constructor({ stream, connection }: StreamAddresses, deliver: (news: StreamNews) => void) {
    this.#deliver = deliver;
    this.#connection = connection;
    this.#onStream = makeCallback('void', ['void *', 'int', 'void *'], ((_stream: unknown, events: number) =>
      this.#happened(events)) as (...values: never[]) => void);
    this.#onClose = makeCallback('void', ['void *', 'int', 'void *'], ((_from: unknown, reason: number) =>
      this.#closed(reason)) as (...values: never[]) => void);
    // References of our own: that thread may lose its connection, and with it all that came from it.
    native.virStreamRef(stream);
    this.#stream = new Stream(stream);
    native.virConnectRef(connection);
    try {
      this.#interest = VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP;
      succeed(native.virStreamEventAddCallback(stream, this.#interest, this.#onStream, null, null));
    } catch (error) {
      this.#over = true;
      this.#letGo();
      throw error;
    }
    // A stream is not told that its connection is lost. Drivers inside this process have none to lose, and refuse.
    native.virConnectRegisterCloseCallback(connection, this.#onClose, null, null);
  }

  /** The other side has taken so many bytes. */
  grant(bytes: number): void {
    this.#credit += bytes;
    this.#listen();
  }

  /** @returns a promise that is kept when all of it was taken, or nothing more will be. */
  send(data: Uint8Array): Promise<void> {
    return new Promise((done) => {
      if (this.#over) {
        done();
        return;
      }
      this.#sending.push({ data, sent: 0, done });
      this.#flush();
      this.#listen();
    });
  }

  /** Not to be called by what it delivers to. */
  close(): void {
    this.#finish();
    native.virStreamEventRemoveCallback(this.#stream.pointer);
    native.virConnectUnregisterCloseCallback(this.#connection, this.#onClose);
    this.#letGo();
  }

  #letGo(): void {
    this.#stream.free();
    native.virConnectClose(this.#connection);
    koffi.unregister(this.#onStream);
    koffi.unregister(this.#onClose);
  }

  #happened(events: number): void {
    if (this.#over) return;
    if (events & VIR_STREAM_EVENT_WRITABLE) this.#flush();
    const ending = events & (VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP);
    // What has come before the end is read first, and reading tells how it ended.
    if (ending || events & VIR_STREAM_EVENT_READABLE) this.#receive();
    if (ending && this.#credit > 0) this.#finish({ end: true });
    this.#listen();
  }

  #receive(): void {
    while (!this.#over && this.#credit > 0) {
      let data: Uint8Array | null;
      try {
        data = this.#stream.recv(Math.min(CHUNK, this.#credit));
      } catch (error) {
        this.#finish({ error: encodeError(error) });
        return;
      }
      if (data === null) return;
      if (data.length === 0) this.#finish({ end: true });
      else this.#give(data);
    }
  }

  #give(data: Uint8Array): void {
    this.#credit -= data.length;
    this.#deliver({ data });
  }

  #flush(): void {
    for (let next = this.#sending[0]; next && !this.#over; next = this.#sending[0]) {
      try {
        const count = this.#stream.send(next.data.subarray(next.sent));
        if (count === null) return;
        next.sent += count;
      } catch (error) {
        this.#finish({ error: encodeError(error) });
        return;
      }
      if (next.sent < next.data.length) continue;
      this.#sending.shift();
      next.done();
    }
  }

  /** The connection is lost. What had come by then is still there. */
  #closed(reason: number): void {
    try {
      for (let data = this.#stream.recv(CHUNK); data && data.length > 0 && !this.#over; ) {
        this.#give(data);
        data = this.#stream.recv(CHUNK);
      }
    } catch {
      // That there is no more.
    }
    this.#finish({ lost: reason });
  }

  /** Nothing more is told after this. What was not sent is lost with the stream. */
  #finish(news?: StreamNews): void {
    if (this.#over) return;
    this.#over = true;
    if (news) this.#deliver(news);
    for (const { done } of this.#sending.splice(0)) done();
    this.#listen();
  }

  /** Asks for what can be done something about: an end that isn't asked for stays told, and would be told for ever. */
  #listen(): void {
    const receiving = this.#credit > 0;
    const interest = this.#over
      ? 0
      : (receiving ? VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_ERROR | VIR_STREAM_EVENT_HANGUP : 0) |
        (this.#sending.length > 0 ? VIR_STREAM_EVENT_WRITABLE : 0);
    if (interest === this.#interest) return;
    this.#interest = interest;
    native.virStreamEventUpdateCallback(this.#stream.pointer, interest);
  }
}
