import { MemoryFailure, type MemoryOperation, type MemoryTaken, STALLED_MS } from './memory-operation.js';
import { prepareMigration } from './migration-settings.js';
import { MigrationWatch, migrationCleanedUp } from './migration-watch.js';
import { PauseWatch } from './pause.js';
import { switchAndResume } from './precopy.js';

/** Takes memory with the guest stopped throughout: what a snapshot without --live does. */
export async function takeStopped(operation: MemoryOperation): Promise<MemoryTaken> {
  const { guest, journal, streamUri, settings, signal } = operation;
  const { qmp } = guest;
  await prepareMigration(qmp, settings, 'plain');
  signal.throwIfAborted();
  const pauses = new PauseWatch(qmp.listen({ events: ['STOP', 'RESUME'] }));
  const watch = new MigrationWatch(qmp);
  try {
    await journal.update({ step: 'switching' });
    if (journal.record.wasRunning) await qmp.execute('stop', undefined, { signal });
    await qmp.execute('migrate', { uri: streamUri }, { signal });
    const migration = await watch.untilEnded({
      stalled: STALLED_MS,
      signal,
      each: (_, progress) => operation.onProgress(progress),
    });
    if (migration.status !== 'completed') {
      throw new MemoryFailure(`taking memory failed: ${migration['error-desc'] ?? migration.status}`);
    }
    await switchAndResume(operation, pauses);
    await migrationCleanedUp(qmp);
    const { transferred, passes } = watch.progress(migration);
    return { pause: await pauses.sum(), transferred, passes };
  } finally {
    pauses.close();
    watch.close();
  }
}
