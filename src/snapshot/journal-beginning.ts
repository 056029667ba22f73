import type { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import type { JournalRecord } from './journal.js';
import { identifyOurselves, identityOf } from './process-identity.js';

/** Whose an operation is: what is known of a guest, running or saved. */
type Subject = Pick<Guest, 'uuid' | 'socket'> & {
  readonly name: string;
  readonly agentSocket?: string | null | undefined;
  readonly process?: Guest['process'];
};

/**
 * What the record of every operation begins with: whose it is, who does it and who watches over it. Nothing of the
 * guest has been touched, and all that an operation may have of its own is empty.
 */
export async function beginRecord(guest: Subject, guardian: Guardian, operation: JournalRecord['operation']) {
  const controller = await identifyOurselves();
  return {
    version: 1,
    domain: guest.name,
    uuid: guest.uuid,
    socket: guest.socket,
    agentSocket: guest.agentSocket ?? null,
    qemu: identityOf(guest.process),
    controller,
    guardian: guardian.process,
    operation,
    startedAt: new Date().toISOString(),
    step: 'preparing',
    method: 'none',
    halt: false,
    frozen: false,
    overlays: [],
    memory: null,
    migration: null,
    internal: [],
    jobs: [],
    snapshotXml: null,
  } as const satisfies Partial<JournalRecord>;
}
