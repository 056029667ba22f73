import type { WaitOptions } from '../qmp/waiter.js';

/** What is left of the time for something that takes several steps. */
export interface Budget extends WaitOptions {
  /** Milliseconds given for all steps together; for messages. */
  total: number;
}

/** @returns a function that gives what is left when it is called */
export function budget(total: number, signal?: AbortSignal): () => Budget {
  const started = performance.now();
  return () => ({ timeout: total - (performance.now() - started), signal, total });
}

/** No end, no abort. */
export const endless: Budget = { total: Number.POSITIVE_INFINITY };
