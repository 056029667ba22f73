import type { History } from './history.js';

export interface SearchState {
  readonly query: string;
  /** The line found; undefined where nothing (more) matches. */
  readonly line: string | undefined;
  /** Offset of the query in the line. */
  readonly offset: number;
  readonly failed: boolean;
}

/** Incremental search backwards and forwards through the history. Upper case counts only if some is typed. */
export class HistorySearch {
  readonly #history: History;
  #at: number;
  #state: SearchState = { query: '', line: undefined, offset: 0, failed: false };

  constructor(history: History) {
    this.#history = history;
    this.#at = history.lines.length;
  }

  get state(): SearchState {
    return this.#state;
  }

  /** Looks for another text, beginning with the line that is shown. */
  setQuery(query: string): void {
    if (query === '') {
      this.#at = this.#history.lines.length;
      this.#state = { query, line: undefined, offset: 0, failed: false };
      return;
    }
    const narrower = query.startsWith(this.#state.query) && !this.#state.failed;
    const from = narrower ? Math.min(this.#at + 1, this.#history.lines.length) : this.#history.lines.length;
    this.#look(query, from, -1, undefined);
  }

  /** Goes on to the next match that is another line. */
  step(by: 1 | -1): void {
    if (this.#state.query !== '') this.#look(this.#state.query, this.#at, by, this.#state.line);
  }

  #look(query: string, from: number, by: 1 | -1, except: string | undefined): void {
    const found = this.#history.find(from, by, (line) => line !== except && offsetIn(line, query) >= 0);
    if (found === undefined) {
      this.#state = { ...this.#state, query, failed: true };
      return;
    }
    this.#at = found;
    const line = this.#history.lines[found] as string;
    this.#state = { query, line, offset: offsetIn(line, query), failed: false };
  }
}

function offsetIn(line: string, query: string): number {
  const exact = query !== query.toLowerCase();
  return exact ? line.lastIndexOf(query) : line.toLowerCase().lastIndexOf(query);
}
