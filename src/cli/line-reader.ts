import { createInterface } from 'node:readline';
import type { Output } from '../shell/index.js';

export interface LineReaderOptions {
  /** Show neither prompts nor lines when there is no terminal. */
  readonly silent: boolean;
}

/**
 * Lines of input, one at a time, without editing. The prompt and the line are shown as virsh shows them, so that
 * a transcript reads like a session; on a terminal that can do no more, which echoes the line, the prompt alone.
 */
export class LineReader {
  readonly #output: Output;
  readonly #echoes: boolean;
  readonly #silent: boolean;
  readonly #lines: ReturnType<typeof createInterface>;
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  readonly #ready: string[] = [];
  #closed = false;

  constructor(output: Output, { silent }: LineReaderOptions) {
    this.#output = output;
    this.#silent = silent;
    this.#echoes = Boolean(output.streams.stdin.isTTY && output.streams.stdout.isTTY);
    this.#lines = createInterface({ input: output.streams.stdin, terminal: false });
    this.#lines.on('line', (line) => {
      const waiter = this.#waiting.shift();
      if (waiter) waiter(line);
      else this.#ready.push(line);
    });
    this.#lines.once('close', () => {
      this.#closed = true;
      for (const waiter of this.#waiting.splice(0)) waiter(undefined);
    });
  }

  async next(prompt: string): Promise<string | undefined> {
    if (this.#echoes) this.#output.print(prompt);
    const line = await this.#take();
    if (!this.#echoes && !this.#silent) {
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
