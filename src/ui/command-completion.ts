import { completeLine } from '../completion/index.js';
import type { Completion } from '../editor/index.js';
import type { Registry, Session } from '../shell/index.js';

/** After this time at the first prompt, in ms, what the first Tab would have to load is loaded. */
const PREPARE_MS = 400;

/** Candidates for the word at the cursor; an answer that has been overtaken by another question is dropped. */
export class CommandCompletion {
  readonly #registry: Registry;
  readonly #session: Session;
  #asked = 0;
  #last: Promise<unknown> = Promise.resolve();
  #abort = new AbortController();

  constructor(registry: Registry, session: Session) {
    this.#registry = registry;
    this.#session = session;
    setTimeout(() => void this.#prepare(), PREPARE_MS).unref();
  }

  /** One by one, so that no key has to wait for all of them. */
  async #prepare(): Promise<void> {
    for (const { load } of this.#registry.entries) {
      await load().catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** @returns undefined when it was overtaken or dropped. */
  async ask(text: string, cursor: number): Promise<Completion | undefined> {
    this.drop();
    const number = this.#asked;
    const { signal } = this.#abort;
    // One at a time: all take from the one connection, and what they took is freed after each.
    const answer = this.#last.then(async () => {
      if (signal.aborted) return undefined;
      const connection = () => this.#session.connection();
      return completeLine(text, cursor, { registry: this.#registry, connection, describe: true });
    });
    this.#last = answer.then(() => this.#session.release()).catch(() => undefined);
    const found = await answer.catch(() => undefined);
    if (!found || number !== this.#asked) return undefined;
    return {
      start: found.start,
      end: found.end,
      entries: found.candidates.map(({ text: label, help, insert }) => ({
        label,
        insert,
        ...(help === undefined ? {} : { help }),
      })),
    };
  }

  /** The text has changed: whatever is still asked for is of no use. */
  drop(): void {
    this.#asked += 1;
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  /** Waits until nothing is being asked of the connection any more, or until the signal. */
  async settled(signal: AbortSignal): Promise<void> {
    this.drop();
    if (signal.aborted) return;
    let onAbort = (): void => {};
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
      signal.addEventListener('abort', onAbort, { once: true });
    });
    await Promise.race([this.#last, aborted]);
    signal.removeEventListener('abort', onAbort);
  }
}
