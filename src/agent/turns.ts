import { Waiter, type WaitOptions } from '../qmp/waiter.js';

/** Lets one at a time do something; the others wait in line, each for as long as it wants to. */
export class Turns {
  #taken = false;
  #line: Waiter<void>[] = [];

  /**
   * Waits for the turn. Whoever gets it calls the function it resolves with, once, when done.
   * @param late makes the error for a wait that was too long
   * @throws that error, or the signal's reason
   */
  async take(wait: WaitOptions, late: (timeout: number) => Error): Promise<() => void> {
    wait.signal?.throwIfAborted();
    if (this.#taken) {
      const waiter: Waiter<void> = new Waiter(wait, late, () => {
        this.#line = this.#line.filter((each) => each !== waiter);
      });
      this.#line.push(waiter);
      await waiter.promise;
    }
    this.#taken = true;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      const next = this.#line[0];
      // It stays taken: the next in line has it from here on.
      if (next) next.resolve();
      else this.#taken = false;
    };
  }
}
