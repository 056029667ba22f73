import { StringDecoder } from 'node:string_decoder';
import type { ReadStream } from 'node:tty';
import { type Key, KeyDecoder } from '../editor/index.js';

/** How long an Escape may stand alone before it is the key and not the beginning of a sequence, in ms. */
const ESCAPE_MS = 50;

/** Keys from the terminal while nobody else has it. */
export class TerminalInput {
  readonly #stream: ReadStream;
  readonly #onKey: (key: Key) => void;
  readonly #onEnd: () => void;
  #decoder = new KeyDecoder();
  /** Not the stream's own encoding, which could not be taken back: who borrows the terminal may want its bytes. */
  readonly #text = new StringDecoder('utf8');
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: ReadStream, onKey: (key: Key) => void, onEnd: () => void) {
    this.#stream = stream;
    this.#onKey = onKey;
    this.#onEnd = onEnd;
  }

  start(): void {
    this.#stream.setRawMode(true);
    this.#stream.on('data', this.#onData);
    this.#stream.once('end', this.#onEnd);
    this.#stream.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stream.off('data', this.#onData);
    this.#stream.off('end', this.#onEnd);
    this.#stream.setRawMode(false);
    this.#stream.pause();
  }

  readonly #onData = (data: string | Uint8Array): void => {
    clearTimeout(this.#timer);
    this.#deliver(this.#decoder.push(typeof data === 'string' ? data : this.#text.write(data)));
    if (this.#decoder.waiting) {
      this.#timer = setTimeout(() => this.#deliver(this.#decoder.flush()), ESCAPE_MS);
    }
  };

  #deliver(keys: readonly Key[]): void {
    for (const key of keys) this.#onKey(key);
  }
}
