import { randomBytes } from 'node:crypto';
import type { DeletePlan, DeleteStep } from './delete-model.js';
import { carryOutDeletion } from './delete-steps.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { Journal, type JournalRecord } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import type { MendReport } from './mend.js';
import { mendDeleteWithoutQemu, stopDelete } from './mend-delete.js';
import { settleCutOff } from './settle.js';

/** How far a deletion is; bytes that are to be copied, about. */
export interface DeleteProgress {
  readonly transferred: number;
  readonly remaining: number;
  readonly total: number;
  readonly milliseconds: number;
}

export interface DeleteOptions {
  /** Bytes a second for each image; 0 for as many as possible. */
  readonly bandwidth: number;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: DeleteProgress) => void) | undefined;
}

/** A deletion failed or was interrupted, and has been stopped where it was. */
export class DeleteFailure extends Error {
  override readonly name = 'DeleteFailure';

  constructor(
    cause: unknown,
    /** Undefined if stopping failed as well; the journal is then still there. */
    readonly stopped: MendReport | undefined,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * Deletes snapshots as planned, while the guest runs.
 * @param name the snapshot that is asked for.
 * @returns what is worth telling.
 * @throws DeleteFailure; JournalPresent nothing has been done.
 */
export async function deleteSnapshots(
  guest: Guest,
  name: string,
  plan: DeletePlan,
  options: DeleteOptions,
): Promise<readonly string[]> {
  const guardian = await Guardian.start(guest.folder, options.signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(guest.folder, await firstRecord(guest, name, plan, options, guardian));
    const told: string[] = [];
    const meter = options.onProgress && progressMeter(plan, journal, options.onProgress);
    await carryOutDeletion(guest, journal, {
      signal: options.signal,
      onShare: meter,
      onAction: (text) => told.push(text),
    });
    await journal.end();
    guardian.dismiss();
    return told;
  } catch (error) {
    if (!journal) {
      guardian.dismiss();
      throw error;
    }
    const report = await settleCutOff(guest, journal, guardian, stopDelete, mendDeleteWithoutQemu);
    throw new DeleteFailure(error, report);
  }
}

async function firstRecord(
  guest: Guest,
  name: string,
  plan: DeletePlan,
  { bandwidth }: DeleteOptions,
  guardian: Guardian,
): Promise<JournalRecord> {
  const { running } = await guest.qmp.execute('query-status');
  return {
    ...(await beginRecord(guest, guardian, 'snapshot-delete')),
    snapshot: name,
    wasRunning: running,
    deletion: {
      snapshots: plan.snapshots,
      steps: plan.steps,
      done: 0,
      bandwidth,
      prefix: `snapctl-d${randomBytes(3).toString('hex')}`,
    },
  };
}

/** Makes the function that turns a step's share into the whole's progress. */
function progressMeter(
  { bytes: total, steps }: DeletePlan,
  journal: Journal,
  tell: (progress: DeleteProgress) => void,
): (share: number) => void {
  const started = performance.now();
  const bytesOf = (step: DeleteStep | undefined): number =>
    step?.action === 'commit' || step?.action === 'stream' ? step.bytes : 0;
  return (share) => {
    const done = journal.record.deletion?.done ?? 0;
    const before = steps.slice(0, done).reduce((sum, step) => sum + bytesOf(step), 0);
    const transferred = Math.min(total, before + share * bytesOf(steps[done]));
    tell({ transferred, remaining: total - transferred, total, milliseconds: performance.now() - started });
  };
}
