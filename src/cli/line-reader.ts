import { type AsyncCompleter, createInterface } from 'node:readline';
import type { Output } from '../shell/index.js';

export interface LineReaderOptions {
  /** Show neither prompts nor lines when there is no terminal. */
  readonly silent: boolean;
  /** What could stand in place of the text from `start` on. Never rejects. */
  readonly complete: (line: string) => Promise<{ readonly start: number; readonly texts: readonly string[] }>;
}

/** Tab completion in the form that node:readline wants it. */
const completerOf =
  (complete: LineReaderOptions['complete']): AsyncCompleter =>
  (line, callback) => {
    complete(line).then(
      ({ start, texts }) => callback(null, [[...texts], line.slice(start)]),
      () => callback(null, [[], line]),
    );
  };

/**
 * Lines of input, one at a time. On a terminal with editing; otherwise the prompt and the line are shown as
 * virsh shows them, so that a transcript reads like a session.
 */
export class LineReader {
  readonly #output: Output;
  readonly #terminal: boolean;
  readonly #silent: boolean;
  readonly #lines: ReturnType<typeof createInterface>;
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  readonly #ready: string[] = [];
  #closed = false;

  constructor(output: Output, { silent, complete }: LineReaderOptions) {
    this.#output = output;
    this.#silent = silent;
    this.#terminal = Boolean(output.streams.stdin.isTTY && output.streams.stdout.isTTY);
    this.#lines = createInterface({
      input: output.streams.stdin,
      ...(this.#terminal
        ? { output: output.streams.stdout, terminal: true, completer: completerOf(complete) }
        : { terminal: false }),
    });
    this.#lines.on('line', (line) => {
      const waiter = this.#waiting.shift();
      if (waiter) waiter(line);
      else this.#ready.push(line);
    });
    this.#lines.on('SIGINT', () => {
      // At the prompt: drop what was typed. While a command runs: the program's own handler hears it.
      if (this.#waiting.length > 0) {
        this.#lines.write(null, { ctrl: true, name: 'u' });
        this.#output.print('\n');
        this.#lines.prompt();
      } else {
        process.kill(process.pid, 'SIGINT');
      }
    });
    this.#lines.once('close', () => {
      this.#closed = true;
      for (const waiter of this.#waiting.splice(0)) waiter(undefined);
    });
  }

  async next(prompt: string): Promise<string | undefined> {
    if (this.#terminal) {
      this.#lines.setPrompt(prompt);
      this.#lines.prompt();
    }
    const line = await this.#take();
    if (!this.#terminal && !this.#silent) {
      this.#output.print(line === undefined ? prompt : `${prompt}${line}\n`);
    }
    return line;
  }

  close(): void {
    this.#lines.close();
  }

  #take(): Promise<string | undefined> {
    const line = this.#ready.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
