import { setTimeout as delay } from 'node:timers/promises';
import { call, TimeoutError } from '../qmp/index.js';
import { isAtLeast } from './guest.js';
import { MemoryFailure, type MemoryOperation, type MemoryTaken, STALLED_MS } from './memory-operation.js';
import { MigrationWatch, migrationCleanedUp } from './migration-watch.js';
import { switchActions } from './overlay.js';
import { PauseWatch } from './pause.js';

const RESUME_DEADLINE_MS = 30_000;
/** How often to see whether the stream has failed while QEMU is to resume the guest. */
const LOOK_MS = 20;

/**
 * Takes memory with QEMU's background-snapshot: the guest is stopped, its disks are switched to their overlays, its
 * memory is write-protected, and it runs on while its memory is sent; a page is sent before the guest may change it.
 * The image never exceeds the guest's memory, however busy the guest. QEMU has been set up for it (see prepareMethod).
 *
 * Never cancelled once begun: QEMU before 8.1 leaves the memory write-protected then. An interrupt lets the stream
 * run out, and mending discards it.
 */
export async function takeInBackground(operation: MemoryOperation): Promise<MemoryTaken> {
  const { guest, journal, overlays, streamUri } = operation;
  const { qmp } = guest;
  operation.signal.throwIfAborted();
  const pauses = new PauseWatch(qmp.listen({ events: ['STOP', 'RESUME'] }));
  const watch = new MigrationWatch(qmp);
  try {
    await journal.update({ step: 'switching' });
    // One write: nothing of ours runs between them. QEMU runs the later ones even if the transaction fails; then
    // the memory is taken for nothing, but the guest gets its way back.
    const [stop, transaction, migrate] = await qmp.executeTogether([
      call('stop'),
      call('transaction', { actions: switchActions(overlays) }),
      call('migrate', { uri: streamUri }),
    ]);
    if (migrate.status === 'rejected') {
      await qmp.execute('cont');
      throw migrate.reason;
    }
    await resume(operation, pauses);
    await journal.update({ step: 'streaming' });
    const migration = await watch.untilEnded({
      stalled: STALLED_MS,
      each: (_, progress) => operation.onProgress(progress),
    });
    if (stop.status === 'rejected') throw stop.reason;
    if (transaction.status === 'rejected') throw transaction.reason;
    if (migration.status !== 'completed') {
      throw new MemoryFailure(`taking memory failed: ${migration['error-desc'] ?? migration.status}`);
    }
    await migrationCleanedUp(qmp);
    const pause = await pauses.sum();
    // More than one of either means that the guest ran before its memory was protected: image and disks don't match.
    if (pause.stops !== 1 || pause.resumes !== 1) {
      throw new MemoryFailure(
        `the guest was stopped ${pause.stops} times and resumed ${pause.resumes} times`,
      );
    }
    const { transferred, passes } = watch.progress(migration);
    return { pause, transferred, passes };
  } finally {
    pauses.close();
    watch.close();
  }
}

/**
 * QEMU before 9.0 resumes the guest by itself when its memory is protected. Newer ones return to the state before,
 * which is paused: they must be told, but not before the first pages have been sent. None of them resumes a guest whose
 * stream failed before it began, because nobody listened any more.
 */
async function resume({ guest: { qmp, version } }: MemoryOperation, pauses: PauseWatch): Promise<void> {
  const byItself = !isAtLeast(version, 9, 0);
  const deadline = performance.now() + RESUME_DEADLINE_MS;
  for (;;) {
    const { status, ram } = await qmp.execute('query-migrate');
    const begun = (ram?.normal ?? 0) + (ram?.duplicate ?? 0) > 0;
    if (status === 'failed' || status === 'cancelled' || performance.now() > deadline) break;
    if (byItself) {
      if (await hasResumed(pauses)) return;
    } else if (begun || status === 'completed') {
      break;
    }
    await delay(0);
  }
  await qmp.execute('cont');
  await pauses.untilResume(RESUME_DEADLINE_MS);
}

async function hasResumed(pauses: PauseWatch): Promise<boolean> {
  try {
    await pauses.untilResume(LOOK_MS);
    return true;
  } catch (error) {
    if (error instanceof TimeoutError) return false;
    throw error;
  }
}
