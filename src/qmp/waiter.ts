/** How long to wait, and who may end the wait. */
export interface WaitOptions {
  /** Milliseconds; Infinity waits for ever. */
  timeout?: number;
  /** When aborted, the wait ends with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** setTimeout fires at once for anything longer. */
const longestTimer = 2 ** 31 - 1;

/**
 * One wait for something that others bring: settled by resolve or reject, by the deadline, or by the abort signal,
 * whichever comes first; the timer and the signal's listener are gone afterwards. A rejection that nobody waits for
 * yet is not "unhandled": waits are often begun before the command whose failure makes them pointless.
 */
export class Waiter<T> {
  readonly promise: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #settledHook: (() => void) | undefined;

  /**
   * @param late makes the error for the deadline
   * @param onSettled runs once, before whoever waits hears of it
   */
  constructor(
    { timeout = Number.POSITIVE_INFINITY, signal }: WaitOptions,
    late: (timeout: number) => Error,
    onSettled?: () => void,
  ) {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => {});
    this.#signal = signal;
    this.#settledHook = onSettled;
    if (signal?.aborted) {
      this.reject(signal.reason);
      return;
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (timeout <= longestTimer)
      this.#timer = setTimeout(() => this.reject(late(timeout)), Math.max(0, timeout));
  }

  get settled(): boolean {
    return this.#settled;
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
  }

  readonly #abort = () => this.reject(this.#signal?.reason);

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#settledHook?.();
    return true;
  }
}
