import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { AsyncStream } from './async-objects.js';
import { VIR_ERR_ERROR, VIR_ERR_RPC, VIR_FROM_RPC } from './constants.js';
import { ConnectionLostError } from './error.js';
import { decodeError } from './error-crossing.js';
import { acquireEventThread, type EventThread } from './event-thread.js';
import type { ErrorMapper } from './session.js';
import { STREAM_WINDOW, type StreamNews } from './stream-news.js';

/** How long the far side may take to hear that we are done. */
const ABORT_MS = 2_000;

/** Why a connection was lost, as virsh tells: VIR_CONNECT_CLOSE_REASON_*. */
const reasons: Readonly<Record<number, string>> = {
  0: 'due to I/O error',
  1: 'due to end of file',
  2: 'due to keepalive timeout',
  3: 'due to client request',
};

export interface StreamDuplexOptions {
  /** Of the connection, for the message when it is lost. */
  readonly uri: string;
  readonly mapError?: ErrorMapper;
}

/**
 * An open stream as one of Node's, both ways at once. It ends when the far side ends it; destroying it aborts it and
 * frees the stream.
 */
export class StreamDuplex extends Duplex {
  readonly #stream: AsyncStream;
  readonly #thread: EventThread;
  readonly #options: StreamDuplexOptions;
  #source = 0;
  /** Bytes that were given on, and of which the event thread doesn't know it yet. */
  #taken = 0;

  private constructor(stream: AsyncStream, thread: EventThread, options: StreamDuplexOptions) {
    // An end of what comes is the end of all.
    super({ allowHalfOpen: false });
    this.#stream = stream;
    this.#thread = thread;
    this.#options = options;
  }

  /**
   * @param stream made with VIR_STREAM_NONBLOCK, on a connection that was opened while an event thread ran. It is the
   *   duplex's from now on, unless this fails.
   * @throws LibvirtError
   */
  static async over(stream: AsyncStream, options: StreamDuplexOptions): Promise<StreamDuplex> {
    const addresses = await stream.addresses();
    const thread = await acquireEventThread();
    const duplex = new StreamDuplex(stream, thread, options);
    duplex.#source = thread.addSource(({ event }) => duplex.#hear(event as StreamNews));
    try {
      await thread.request({ op: 'open-stream', source: duplex.#source, addresses });
    } catch (error) {
      thread.removeSource(duplex.#source);
      await thread.release();
      throw error;
    }
    return duplex;
  }

  override _read(): void {
    this.#acknowledge(1);
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const sent = this.#thread.request({ op: 'send-stream', source: this.#source, data: chunk });
    sent.then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#close().then(
      () => done(error),
      (failure) => done(error ?? (failure as Error)),
    );
  }

  #hear(news: StreamNews): void {
    if (this.destroyed) return;
    if ('data' in news) {
      this.#taken += news.data.length;
      // While nobody wants more it isn't told that this was taken, and the event thread stops reading in the end.
      if (this.push(news.data)) this.#acknowledge(STREAM_WINDOW / 4);
    } else if ('end' in news) {
      this.push(null);
    } else {
      const error = 'lost' in news ? this.#lost(news.lost) : decodeError(news.error);
      this.destroy((this.#options.mapError?.(error) ?? error) as Error);
    }
  }

  /** @param least so many bytes are worth a message. */
  #acknowledge(least: number): void {
    if (this.#taken < least || this.destroyed) return;
    const bytes = this.#taken;
    this.#taken = 0;
    this.#thread
      .request({ op: 'grant-stream', source: this.#source, bytes })
      .catch((error: Error) => this.destroy(error));
  }

  #lost(reason: number): ConnectionLostError {
    return new ConnectionLostError({
      code: VIR_ERR_RPC,
      domain: VIR_FROM_RPC,
      level: VIR_ERR_ERROR,
      message: `Disconnected from ${this.#options.uri} ${reasons[reason] ?? 'for an unknown reason'}`,
      str1: null,
      str2: null,
      str3: null,
      int1: 0,
      int2: 0,
    });
  }

  async #close(): Promise<void> {
    try {
      await this.#thread.request({ op: 'close-stream', source: this.#source });
    } finally {
      this.#thread.removeSource(this.#source);
      await this.#thread.release();
    }
    // Not on the event thread, which everybody waits for: the far side has to answer, and may be gone or hang.
    const aborted = this.#stream.abort().catch(() => undefined);
    const freed = aborted.then(() => this.#stream.free().catch(() => undefined));
    await Promise.race([freed, delay(ABORT_MS, undefined, { ref: false })]);
  }
}
