/** Lines that were entered, oldest first. A line entered twice in a row is kept once. */
export class History {
  readonly #limit: number;
  #lines: string[];

  constructor(lines: readonly string[], limit: number) {
    this.#limit = limit;
    this.#lines = [];
    for (const line of lines.slice(-limit * 2)) this.add(line);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** @returns whether the line is one to keep: not empty, not the last one again, not begun with a blank. */
  add(line: string): boolean {
    if (line.trim() === '' || line.startsWith(' ') || line === this.#lines.at(-1)) return false;
    this.#lines.push(line);
    // Cut seldom, and much at a time: moving thousands of lines for each new one would add up.
    if (this.#lines.length > this.#limit * 1.5) this.#lines = this.#lines.slice(-this.#limit);
    return true;
  }

  /**
   * The next line that passes, away from an index.
   * @param from index to begin beside; the number of lines stands for the new line after the last.
   */
  find(from: number, by: 1 | -1, passes: (line: string) => boolean): number | undefined {
    for (let at = from + by; at >= 0 && at < this.#lines.length; at += by) {
      if (passes(this.#lines[at] as string)) return at;
    }
    return undefined;
  }

  /** The newest line that goes on from what is typed; what is missing of it. */
  suggestion(typed: string): string {
    if (typed === '') return '';
    const at = this.find(
      this.#lines.length,
      -1,
      (line) => line.length > typed.length && line.startsWith(typed),
    );
    return at === undefined ? '' : (this.#lines[at] as string).slice(typed.length);
  }
}

/** Where Up and Down have come to, among the lines that begin with what was typed. */
export class HistoryWalk {
  readonly #history: History;
  readonly #typed: string;
  #at: number;

  constructor(history: History, typed: string) {
    this.#history = history;
    this.#typed = typed;
    this.#at = history.lines.length;
  }

  /** The typed text that the lines shown begin with. */
  get prefix(): string {
    return this.#typed;
  }

  /** @returns the line to show; undefined where there is none further on. */
  step(by: 1 | -1): string | undefined {
    const shown = this.#at < this.#history.lines.length ? this.#history.lines[this.#at] : this.#typed;
    const next = this.#history.find(
      this.#at,
      by,
      (line) => line.startsWith(this.#typed) && line !== shown && line !== this.#typed,
    );
    if (next !== undefined) {
      this.#at = next;
      return this.#history.lines[next];
    }
    if (by < 0 || this.#at === this.#history.lines.length) return undefined;
    this.#at = this.#history.lines.length;
    return this.#typed;
  }
}
