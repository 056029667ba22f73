/** A C object we hold a reference to. Calls on a freed one throw instead of reaching freed memory. */
export abstract class Handle {
  #pointer: bigint | null;

  constructor(pointer: bigint) {
    this.#pointer = pointer;
  }

  /** The C pointer. @throws TypeError once freed. */
  get pointer(): bigint {
    if (this.#pointer === null) throw new TypeError(`${this.constructor.name} is used after it was freed`);
    return this.#pointer;
  }

  get freed(): boolean {
    return this.#pointer === null;
  }

  /** Drops our reference. Safe to repeat. */
  free(): void {
    const pointer = this.#pointer;
    if (pointer === null) return;
    this.#pointer = null;
    this.unreference(pointer);
  }

  /** What is known without asking: crosses threads along with the handle. */
  abstract describe(): Record<string, string>;

  protected abstract unreference(pointer: bigint): void;
}
