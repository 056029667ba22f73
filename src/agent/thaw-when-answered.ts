import type { WaitOptions } from '../qmp/waiter.js';
import { budget } from './budget.js';
import { AgentTimeout, AgentUnreachable } from './errors.js';
import { GuestAgent } from './guest-agent.js';

/** Milliseconds between tries to reach a socket that cannot be reached. */
const pause = 500;
/** Milliseconds for a try: an agent that was restarted in between has lost what it was asked. */
const patience = 30_000;

/**
 * Thaws a guest that somebody froze and cannot thaw any more: waits until its agent answers, however often the socket
 * is closed or held by others meanwhile.
 *
 * @returns how many file systems the last thaw thawed; 0 if none was frozen (any more)
 * @throws AgentTimeout or AgentUnreachable after the deadline (by default there is none), AgentCommandFailure, or the
 *   signal's reason
 */
export async function thawWhenAnswered(
  path: string,
  { timeout = Number.POSITIVE_INFINITY, signal }: WaitOptions = {},
): Promise<number> {
  const rest = budget(timeout, signal);
  const oneTry = () => ({ timeout: Math.min(rest().timeout ?? patience, patience), signal });
  for (;;) {
    let agent: GuestAgent | undefined;
    try {
      agent = await GuestAgent.connect(path, oneTry());
      return await agent.thaw(oneTry());
    } catch (error) {
      const over = (rest().timeout ?? 0) <= pause;
      if (over || !(error instanceof AgentUnreachable || error instanceof AgentTimeout)) throw error;
    } finally {
      agent?.close();
    }
    await sleep(pause, signal);
  }
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
