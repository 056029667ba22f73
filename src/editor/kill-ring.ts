const SIZE = 32;

/** What was killed, newest last. Kills in a row make one entry, on the side where they were made. */
export class KillRing {
  readonly #entries: string[] = [];
  #at = 0;

  /** @param joins the kill goes on from the one before. */
  kill(text: string, side: 'before' | 'after', joins: boolean): void {
    if (text === '') return;
    const last = this.#entries.at(-1);
    if (joins && last !== undefined) {
      this.#entries[this.#entries.length - 1] = side === 'before' ? text + last : last + text;
    } else {
      this.#entries.push(text);
      if (this.#entries.length > SIZE) this.#entries.shift();
    }
    this.#at = this.#entries.length - 1;
  }

  get current(): string {
    return this.#entries[this.#at] ?? '';
  }

  /** Goes to the entry before, round and round. */
  rotate(): string {
    this.#at = (this.#at + this.#entries.length - 1) % Math.max(1, this.#entries.length);
    return this.current;
  }
}
