import type { Subscription } from '../../src/hypervisor/index.js';
import { type Context, SilentFailure } from '../../src/shell/index.js';

export interface EventPrinting<E> {
  /** Go on after the first event. */
  readonly loop: boolean;
  /** Put the time in front of each. */
  readonly timestamp: boolean;
  /** ms; undefined waits for ever. */
  readonly timeout: number | undefined;
  watch(listener: (event: E) => void): Promise<Subscription>;
  /** virsh's text about an event, with its line end. */
  describe(event: E): string;
  /** The same for `--json`. */
  json(event: E): object;
}

/**
 * Prints events as they come, until the first one, the timeout or an interrupt, and then how many there were.
 * @throws SilentFailure there was none.
 */
export async function printEvents<E>(context: Context, printing: EventPrinting<E>): Promise<void> {
  const { loop, timestamp, timeout, watch, describe, json } = printing;
  const { output, signal } = context;
  let count = 0;
  const first = new AbortController();
  const subscription = await watch((event) => {
    if (!loop && count > 0) return;
    count += 1;
    const time = timestamp ? `${timeText(new Date())}: ` : '';
    context.emitLine({ ...(timestamp && { time: new Date().toISOString() }), ...json(event) });
    output.print(`${time}${describe(event)}`);
    if (!loop) first.abort();
  });
  let late = false;
  try {
    late = await waitFor([first.signal, signal], timeout);
  } finally {
    await subscription.close();
  }
  if (signal.aborted) output.print('event loop interrupted\n');
  else if (late) output.print('event loop timed out\n');
  output.print(`events received: ${count}\n`);
  if (count === 0) throw new SilentFailure('no event came');
}

/** @returns true if the time was over before any of the signals came. */
function waitFor(signals: readonly AbortSignal[], timeout: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const any = AbortSignal.any([...signals]);
    // It also keeps the process alive, which events themselves do not.
    const timer = setTimeout(() => resolve(timeout !== undefined), timeout ?? 2 ** 31 - 1);
    const end = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    if (any.aborted) end();
    else any.addEventListener('abort', end, { once: true });
  });
}

/** In UTC, as libvirt writes times. */
const timeText = (date: Date): string => date.toISOString().replace('T', ' ').replace('Z', '+0000');
