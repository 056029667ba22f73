import { GuestAgent } from '../agent/guest-agent.js';
import { thawWhenAnswered } from '../agent/thaw-when-answered.js';
import { VIR_ERR_AGENT_UNRESPONSIVE, VIR_ERR_CONFIG_UNSUPPORTED } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import type { Guest } from './guest.js';
import type { Journal } from './journal.js';

/** How long mending waits for an agent that may be busy with a freeze that came late. */
const MEND_PATIENCE_MS = 15_000;
/** How long a freeze that was not confirmed is followed before the journal is left to say so. */
const LATE_FREEZE_PATIENCE_MS = 30_000;

/** Freezing the guest's file systems around a switch of its disks. Every freeze is journaled before it is asked for. */
export class Quiesce {
  readonly #guest: Guest;
  readonly #journal: Journal;
  #agent: GuestAgent | undefined;

  constructor(guest: Guest, journal: Journal) {
    this.#guest = guest;
    this.#journal = journal;
  }

  /** @throws HypervisorError there is no agent, or it doesn't answer; AgentError it refuses. */
  async freeze(signal: AbortSignal): Promise<number> {
    const { agentSocket } = this.#guest;
    if (agentSocket === undefined) {
      throw new HypervisorError('argument unsupported: QEMU guest agent is not configured', {
        code: VIR_ERR_CONFIG_UNSUPPORTED,
      });
    }
    this.#agent = await GuestAgent.connect(agentSocket, { signal }).catch((cause) => {
      signal.throwIfAborted();
      throw new HypervisorError('Guest agent is not responding: QEMU guest agent is not connected', {
        code: VIR_ERR_AGENT_UNRESPONSIVE,
        cause,
      });
    });
    await this.#journal.update({ step: 'freezing', frozen: true });
    return this.#agent.freeze(undefined, { signal });
  }

  /** Thaws, if a freeze was asked for; also one that comes late. @throws AgentError: the journal then still says frozen. */
  async thaw(): Promise<void> {
    const agent = this.#agent;
    if (!agent) return;
    try {
      if (this.#journal.record.frozen) {
        if (agent.lateFreeze) await withPatience(agent.lateFreeze, LATE_FREEZE_PATIENCE_MS);
        else await agent.thaw();
        await this.#journal.update({ frozen: false });
      }
    } finally {
      agent.close();
    }
  }
}

/** Thaws whatever is frozen. @returns how many file systems. @throws AgentError there is no answer in time. */
export function thawGuest(agentSocket: string, patience = MEND_PATIENCE_MS): Promise<number> {
  return thawWhenAnswered(agentSocket, { timeout: patience });
}

async function withPatience(work: Promise<unknown>, milliseconds: number): Promise<void> {
  const deadline = AbortSignal.timeout(milliseconds);
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), { once: true });
  });
  await Promise.race([work, late]);
}
