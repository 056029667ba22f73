import { call, type Migration } from '../qmp/index.js';
import { lostWrites } from './lost-writes.js';
import {
  MemoryFailure,
  type MemoryOperation,
  type MemoryTaken,
  RestlessGuest,
  STALLED_MS,
} from './memory-operation.js';
import { prepareMigration } from './migration-settings.js';
import { MigrationWatch, migrationCleanedUp, type StreamProgress } from './migration-watch.js';
import { beginOnePass, checkOnePass, ONE_PASS_DOWNTIME, OnePass } from './one-pass.js';
import { switchActions } from './overlay.js';
import { PauseWatch } from './pause.js';
import { settledRunState } from './run-state.js';

/** Pauses that are tried for, in ms, the next after each two passes that didn't get there. 20 hardly ever converges. */
const DOWNTIME_STEPS = [50, 100, 200, 300, 500] as const;
const PASSES_PER_STEP = 2;
const MAX_PASSES = 30;
/** Where there is another way. The first pass goes over all memory, each later one over what the one before it has left. */
const MAX_TENTATIVE_PASSES = 5;
/** Of the guest's memory: what is sent at most before the guest is stopped for the rest. */
const MAX_BYTES_FACTOR = 1.5;
/** Milliseconds that stopping the guest for the rest may take; a longer pause is not worth the name live. */
const MAX_FINAL_PAUSE_MS = 5_000;
const RESUME_DEADLINE_MS = 30_000;

/**
 * Takes memory while the guest runs and changes it, pass after pass, until what is left fits into a short pause; at
 * its end QEMU stops the guest, the disks are switched, and the guest goes on. What doesn't converge within bounds
 * is finished with the guest stopped, or given up if that would take too long. Where QEMU would lose writes between
 * passes, there is but one (see one-pass.ts).
 */
export async function takePrecopy(operation: MemoryOperation): Promise<MemoryTaken> {
  const { guest, journal, streamUri, settings, signal } = operation;
  const { qmp } = guest;
  const once = (await lostWrites(guest)) !== undefined;
  await prepareMigration(qmp, settings, 'plain', once ? ONE_PASS_DOWNTIME : DOWNTIME_STEPS[0]);
  signal.throwIfAborted();
  const pauses = new PauseWatch(qmp.listen({ events: ['STOP', 'RESUME'] }));
  const watch = new MigrationWatch(qmp);
  try {
    await journal.update({ step: 'switching' });
    if (once) await beginOnePass(operation, pauses);
    else await qmp.execute('migrate', { uri: streamUri }, { signal });
    const steering = once ? await OnePass.of(operation) : new Convergence(operation);
    const migration = await watch.untilEnded({
      stalled: STALLED_MS,
      signal,
      each: (now, progress) => steering.steer(progress, now),
    });
    if (migration.status !== 'completed') {
      throw new MemoryFailure(`taking memory failed: ${migration['error-desc'] ?? migration.status}`);
    }
    const { transferred, passes } = watch.progress(migration);
    if (once) await checkOnePass(operation, passes);
    await switchAndResume(operation, pauses);
    await migrationCleanedUp(qmp);
    return { pause: await pauses.sum(), transferred, passes };
  } finally {
    pauses.close();
    watch.close();
  }
}

/** The guest stands still and its memory is whole: put the overlays in place and let it run, whatever happens. */
export async function switchAndResume(operation: MemoryOperation, pauses: PauseWatch): Promise<void> {
  const { guest, overlays, journal } = operation;
  await settledRunState(guest.qmp);
  const calls = [call('transaction', { actions: switchActions(overlays) }), call('cont')] as const;
  const [transaction, cont] = journal.record.wasRunning
    ? await guest.qmp.executeTogether(calls)
    : await guest.qmp.executeTogether([calls[0]]);
  if (cont?.status === 'rejected') throw cont.reason;
  if (journal.record.wasRunning) await pauses.untilResume(RESUME_DEADLINE_MS);
  if (transaction.status === 'rejected') throw transaction.reason;
}

/** Decides after each look whether to allow a longer pause, to stop the guest for the rest, or to give up. */
class Convergence {
  readonly #operation: MemoryOperation;
  #step = 0;
  #stopped = false;

  constructor(operation: MemoryOperation) {
    this.#operation = operation;
  }

  async steer(progress: StreamProgress, migration: Migration): Promise<void> {
    const { guest, memorySize, onProgress, tentative } = this.#operation;
    onProgress(progress);
    if (this.#stopped || migration.status !== 'active') return;
    const step = Math.min(Math.floor(progress.passes / PASSES_PER_STEP), DOWNTIME_STEPS.length - 1);
    if (step > this.#step && !tentative) {
      this.#step = step;
      await guest.qmp.execute('migrate-set-parameters', { 'downtime-limit': DOWNTIME_STEPS[step] as number });
    }
    const maxPasses = tentative ? MAX_TENTATIVE_PASSES : MAX_PASSES;
    if (progress.passes < maxPasses && progress.transferred < memorySize * MAX_BYTES_FACTOR) return;
    if (tentative) throw new RestlessGuest('the guest changes its memory too fast for pre-copy');
    const rate = progress.transferred / Math.max(progress.milliseconds, 1);
    if (progress.remaining / rate > MAX_FINAL_PAUSE_MS) {
      throw new MemoryFailure(
        'the guest changes its memory faster than it can be saved; try --method background, or no --live',
      );
    }
    this.#stopped = true;
    await guest.qmp.execute('stop');
  }
}
