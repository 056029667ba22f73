import type { Writable } from 'node:stream';
import { printable } from './printable.js';

/** The streams a command may use; injected, so that tests and the shell can stand in for the terminal. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Where something keeps a part of the terminal painted: how to have it off the screen for a while. */
  readonly display?: Display;
}

/** What is painted on a terminal besides the output of commands. */
export interface Display {
  /** The terminal itself, for whoever has borrowed it. */
  readonly terminal: Writable;
  /** Takes it away, and leaves the terminal to another program. */
  release(): void;
  /** Paints it again, below whatever the other program has left there. */
  reclaim(): void;
}

export interface OutputOptions {
  readonly quiet: boolean;
  /** Called with each error line, for the log file. */
  readonly onError?: (line: string) => void;
}

/**
 * What a command says. Text meant for a person goes through `print`, `extra` and `error`; what a terminal
 * must never get raw is escaped on the way when the stream is a terminal, and left alone when it is a file
 * or a pipe.
 */
export class Output {
  readonly streams: Streams;
  readonly #options: OutputOptions;
  /** Where printed text goes instead of standard output, while a command runs under `--json`. */
  #capture: string[] | undefined;

  constructor(streams: Streams, options: OutputOptions) {
    this.streams = streams;
    this.#options = options;
  }

  /** The same with other streams. */
  on(streams: Streams): Output {
    return new Output(streams, this.#options);
  }

  get quiet(): boolean {
    return this.#options.quiet;
  }

  /** Text that is the command's answer. No line end is added. */
  print(text: string): void {
    if (this.#capture) this.#capture.push(text);
    else this.#write(this.streams.stdout, text);
  }

  /** Text that `-q` leaves out. */
  extra(text: string): void {
    if (!this.#options.quiet) this.print(text);
  }

  /** One line on standard error, in virsh's form. */
  error(message: string): void {
    this.#options.onError?.(message);
    this.#write(this.streams.stderr, `error: ${message}\n`);
  }

  /** A line on standard error that is not an error: notices of long commands. */
  notice(text: string): void {
    this.#write(this.streams.stderr, `${text}\n`);
  }

  /** Bytes for another program: written as they are, even to a terminal. */
  raw(data: string | Uint8Array): void {
    this.streams.stdout.write(data);
  }

  /** Collects printed text instead of writing it, until `endCapture`. */
  beginCapture(): void {
    this.#capture = [];
  }

  endCapture(): string {
    const text = this.#capture?.join('') ?? '';
    this.#capture = undefined;
    return text;
  }

  #write(stream: Writable & { readonly isTTY?: boolean }, text: string): void {
    if (text !== '') stream.write(stream.isTTY ? printable(text) : text);
  }
}
