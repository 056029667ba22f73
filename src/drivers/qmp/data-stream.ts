import type { Readable } from 'node:stream';
import { VIR_ERR_OPERATION_INVALID, VIR_FROM_STREAMS } from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { Stream } from '../../hypervisor/stream.js';

/** A stream of the model over one of Node's: bytes from a guest to us. */
export class DataStream implements Stream {
  #source: Readable | undefined;

  /** Where the bytes come from; it is destroyed when the stream is done with. */
  attach(source: Readable): void {
    this.#source?.destroy();
    this.#source = source;
  }

  async recv(length: number): Promise<Uint8Array> {
    const source = this.#source;
    if (!source) throw notOpen();
    for (;;) {
      // All that is there, or as much as is wanted; null if there is nothing yet.
      const data = (source.read(Math.min(length, source.readableLength || length)) ??
        source.read()) as Buffer | null;
      if (data !== null) return data;
      if (source.readableEnded || source.destroyed) {
        if (source.errored) throw source.errored;
        return new Uint8Array();
      }
      await readable(source);
    }
  }

  /** What comes has no holes. */
  recvSparse(length: number): Promise<Uint8Array> {
    return this.recv(length);
  }

  send(): Promise<number> {
    return Promise.reject(notOpen());
  }

  sendHole(): Promise<void> {
    return Promise.reject(notOpen());
  }

  async finish(): Promise<void> {
    this.#source?.destroy();
  }

  async abort(): Promise<void> {
    this.#source?.destroy();
  }

  async free(): Promise<void> {
    this.#source?.destroy();
  }
}

/** Waits until there is something to read, or never will be. */
function readable(source: Readable): Promise<void> {
  return new Promise((resolve) => {
    const events = ['readable', 'end', 'close', 'error'] as const;
    const done = (): void => {
      for (const event of events) source.off(event, done);
      resolve();
    };
    for (const event of events) source.once(event, done);
  });
}

const notOpen = (): HypervisorError =>
  new HypervisorError('internal error: stream is not open', {
    code: VIR_ERR_OPERATION_INVALID,
    domain: VIR_FROM_STREAMS,
  });
