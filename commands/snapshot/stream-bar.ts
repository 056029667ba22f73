import type { Writable } from 'node:stream';

interface Progress {
  readonly transferred: number;
  readonly remaining: number;
  readonly total: number;
  readonly milliseconds: number;
}

const WIDTH = 24;
const MIB = 2 ** 20;

/** A line that shows how far a memory stream is: bar, bytes, rate, time left. Rewritten in place on a terminal. */
export class StreamBar {
  readonly #stream: Writable & { readonly isTTY?: boolean };
  #length = 0;
  #lastShown = Number.NEGATIVE_INFINITY;

  constructor(stream: Writable & { readonly isTTY?: boolean }) {
    this.#stream = stream;
  }

  show({ transferred, remaining, total, milliseconds }: Progress): void {
    if (total <= 0) return;
    // Elsewhere than on a terminal every state is a line of its own: one a second is enough.
    if (!this.#stream.isTTY && milliseconds - this.#lastShown < 1000) return;
    this.#lastShown = milliseconds;
    const share = Math.min(1, Math.max(0, 1 - remaining / total));
    const full = Math.round(share * WIDTH);
    const rate = milliseconds > 0 ? (transferred / milliseconds) * 1000 : 0;
    const left = rate > 0 ? `${(remaining / rate).toFixed(0)} s left` : '';
    const text = [
      `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`,
      `${String(Math.floor(share * 100)).padStart(3)} %`,
      `${(transferred / MIB).toFixed(0)} MiB`,
      `${(rate / MIB).toFixed(0)} MiB/s`,
      left,
    ].join('  ');
    this.#stream.write(this.#stream.isTTY ? `\r${text.padEnd(this.#length)}` : `${text.trimEnd()}\n`);
    this.#length = text.length;
  }

  /** Takes the line away again. */
  clear(): void {
    if (this.#stream.isTTY && this.#length > 0) this.#stream.write(`\r${' '.repeat(this.#length)}\r`);
  }
}
