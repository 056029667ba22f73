import { AgentError } from '../agent/errors.js';
import { GuestAgent } from '../agent/guest-agent.js';

/** An agent of a guest that has just been loaded answers at once, or there is none. */
const PATIENCE_MS = 3_000;

/**
 * Thaws a guest whose file systems were frozen when its memory was taken: nobody knows any more who froze them. Without
 * an agent that answers there is nothing to be done. @returns whether they were frozen.
 */
export async function thawIfFrozen(agentSocket: string | undefined): Promise<boolean> {
  if (agentSocket === undefined) return false;
  try {
    const agent = await GuestAgent.connect(agentSocket, { timeout: PATIENCE_MS });
    try {
      if (!(await agent.isFrozen({ timeout: PATIENCE_MS }))) return false;
      await agent.thaw();
      return true;
    } finally {
      agent.close();
    }
  } catch (error) {
    if (error instanceof AgentError) return false;
    throw error;
  }
}
