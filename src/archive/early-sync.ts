import type { FileHandle } from 'node:fs/promises';

/** Bytes that may wait to be on the disk. */
const STEP = 16 * 1024 * 1024;

/**
 * Has a long file be on its way to the disk while it is written: at its end little is left to wait for. One call at a
 * time is under way. That all of it has arrived is for the caller to make sure, whose own call tells of failures.
 */
export class EarlySync {
  readonly #file: FileHandle;
  #asked = 0;
  #working: Promise<void> | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @param written bytes of the file so far */
  note(written: number): void {
    if (this.#working || written - this.#asked < STEP) return;
    this.#asked = written;
    this.#working = this.#file
      .datasync()
      .catch(() => undefined)
      .finally(() => {
        this.#working = undefined;
      });
  }

  /** Waits until the file isn't used here any more. */
  async settled(): Promise<void> {
    await this.#working;
  }
}
