import type { ArchiveProgress } from '../../src/hypervisor/index.js';
import type { Context } from '../../src/shell/index.js';
import { StreamBar } from '../snapshot/stream-bar.js';

/** Shows on standard error how far an archive is: a bar for people, a JSON object a line under --json. */
export class ArchiveProgressView {
  readonly #context: Context;
  readonly #bar: StreamBar;

  private constructor(context: Context) {
    this.#context = context;
    this.#bar = new StreamBar(context.output.streams.stderr);
  }

  /** @param asked also where standard error is no terminal. @returns undefined where nobody would read it. */
  static of(context: Context, asked: boolean): ArchiveProgressView | undefined {
    const { output, json } = context;
    const shown = asked || (Boolean(output.streams.stderr.isTTY) && !output.quiet && !json);
    return shown ? new ArchiveProgressView(context) : undefined;
  }

  show(progress: ArchiveProgress): void {
    const { done, total, milliseconds } = progress;
    if (this.#context.json)
      this.#context.output.notice(JSON.stringify({ ...progress, milliseconds: Math.round(milliseconds) }));
    else this.#bar.show({ transferred: done, remaining: total - done, total, milliseconds });
  }

  clear(): void {
    if (!this.#context.json) this.#bar.clear();
  }
}
