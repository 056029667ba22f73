import { setTimeout as delay } from 'node:timers/promises';
import { ConnectError } from '../qmp/index.js';
import type { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import type { Journal } from './journal.js';
import type { MendReport } from './mend.js';
import { isAlive } from './process-identity.js';

/** A QEMU that dies closes its monitor some time before its process is gone: the more memory, the longer. */
const DYING_MS = 5_000;
const LOOK_MS = 20;

/**
 * Mends an operation of ours that has failed, here and now; where that fails too, its guardian is to try after us.
 * @param letGo what keeps the guardian from it.
 * @returns undefined if it could not be mended; the journal is still there then.
 */
export async function settle(
  journal: Journal,
  guardian: Guardian,
  mend: (journal: Journal) => Promise<MendReport>,
  letGo?: () => Promise<void>,
): Promise<MendReport | undefined> {
  try {
    const report = await mend(journal);
    await journal.end();
    guardian.dismiss();
    return report;
  } catch {
    await letGo?.();
    guardian.abandon();
    return undefined;
  }
}

/** The same through a monitor, of a guest that may have ended, or be about to. */
export async function settleCutOff(
  guest: Guest,
  journal: Journal,
  guardian: Guardian,
  mend: (guest: Guest, journal: Journal) => Promise<MendReport>,
  withoutQemu: (journal: Journal) => Promise<string[]>,
): Promise<MendReport | undefined> {
  return settle(journal, guardian, attempt, () => guest.qmp.disconnect());

  async function attempt(): Promise<MendReport> {
    if (guest.qmp.state === 'running') return mend(guest, journal);
    const { qemu } = journal.record;
    for (const deadline = performance.now() + DYING_MS; ; await delay(LOOK_MS)) {
      if (qemu && !(await isAlive(qemu))) return { outcome: 'ended', actions: await withoutQemu(journal) };
      const failure = await guest.qmp.connect().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) return mend(guest, journal);
      const gone = failure instanceof ConnectError && ['refused', 'missing'].includes(failure.reason);
      if (!gone || performance.now() > deadline) throw failure;
    }
  }
}
