import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Where a transcript's text goes. */
export interface TranscriptTarget {
  /** Finished lines, with their line ends. */
  lines(text: string): void;
  /** The line that has no end yet; empty for none. */
  unfinished(text: string): void;
}

/**
 * What commands print, standard output and standard error in one: whole lines go to the scrollback, an unfinished
 * line is kept in sight until it ends. A carriage return begins it anew, as on a terminal.
 */
export class Transcript {
  readonly #target: TranscriptTarget;
  #lines = '';
  #unfinished = '';
  #scheduled: NodeJS.Immediate | undefined;

  constructor(target: TranscriptTarget) {
    this.#target = target;
  }

  /** A stream into the transcript, in a terminal's likeness. */
  stream(columns: () => number): Writable & { readonly isTTY: true; readonly columns: number } {
    const decoder = new StringDecoder('utf8');
    const stream = new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        this.write(typeof chunk === 'string' ? chunk : decoder.write(chunk));
        done();
      },
    });
    return Object.defineProperties(stream, {
      isTTY: { value: true },
      columns: { get: columns },
    }) as ReturnType<Transcript['stream']>;
  }

  write(text: string): void {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) {
      this.#lines += this.#unfinished + text.slice(0, end);
      this.#unfinished = '';
    }
    this.#unfinished = lastVersion(this.#unfinished + text.slice(end));
    // Many small writes are one paint.
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#scheduled) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const lines = this.#lines;
    this.#lines = '';
    this.#target.unfinished(this.#unfinished);
    if (lines !== '') this.#target.lines(lines);
  }

  /** Ends the unfinished line, if there is one, and shows all. */
  end(): void {
    if (this.#unfinished !== '') this.write('\n');
    this.flush();
  }
}

/** What of a line is seen when carriage returns have begun it anew. */
function lastVersion(line: string): string {
  const at = line.lastIndexOf('\r');
  return at < 0 ? line : line.slice(at + 1);
}
