import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { QmpClient } from '../qmp/index.js';
import { syncFolder } from './durable-file.js';
import { endSink } from './end-sink.js';
import type { Guest } from './guest.js';
import type { Journal, JournalMemory } from './journal.js';
import { STALLED_MS } from './memory-operation.js';
import { withdrawMemoryPipe } from './memory-pipe.js';
import type { MendReport } from './mend.js';
import { restoreMigrationSettings } from './migration-settings.js';
import { MigrationWatch, migrationCleanedUp } from './migration-watch.js';
import { endProcess } from './relaunch-process.js';
import { settledRunState } from './run-state.js';

/** The saved guest is whole: it gets its name, and the guest ends. May be cut off and done again. */
export async function finishSave(journal: Journal): Promise<void> {
  const memory = memoryOf(journal);
  await nameSave(memory);
  const { qemu } = journal.record;
  if (qemu) await endProcess(qemu);
  await rm(memory.report, { force: true });
}

/** An earlier file of that name goes, as libvirt has it. */
async function nameSave({ partial, final }: JournalMemory): Promise<void> {
  await rename(partial, final).catch((error: NodeJS.ErrnoException) => {
    // A run that was cut off had come as far.
    if (error.code !== 'ENOENT') throw error;
  });
  await syncFolder(dirname(final));
}

/** Ends a save that was cut off or has failed: it is either completed, or the guest runs on and no file is left. */
export async function mendSave(guest: Guest, journal: Journal): Promise<MendReport> {
  const { record } = journal;
  const memory = memoryOf(journal);
  if (record.step === 'completing') {
    await guest.qmp.disconnect();
    await finishSave(journal);
    return { outcome: 'completed', actions: [`completed '${memory.final}'`, 'ended the guest'] };
  }
  const actions: string[] = [];
  await endStream(guest.qmp);
  const { running } = await settledRunState(guest.qmp);
  if (record.wasRunning && !running) {
    await guest.qmp.execute('cont');
    actions.push('let the guest run again');
  }
  if (record.migration) await restoreMigrationSettings(guest.qmp, record.migration);
  await withdrawMemoryPipe(guest.qmp);
  actions.push(...(await dropSave(memory)));
  return { outcome: 'undone', actions };
}

/** The same when the guest's QEMU is gone. */
export async function mendSaveWithoutQemu(journal: Journal): Promise<string[]> {
  const memory = memoryOf(journal);
  const whole = journal.record.step === 'completing';
  if (whole) await finishSave(journal);
  return whole ? [`completed '${memory.final}'`] : dropSave(memory);
}

function memoryOf({ record: { memory } }: Journal): JournalMemory {
  if (!memory) throw new Error('the journal of a save names no file');
  return memory;
}

async function endStream(qmp: QmpClient): Promise<void> {
  const watch = new MigrationWatch(qmp);
  try {
    const { status } = await qmp.execute('query-migrate');
    if (status === undefined || ['none', 'completed', 'failed', 'cancelled'].includes(status)) return;
    await qmp.execute('migrate_cancel');
    await watch.untilEnded({ stalled: STALLED_MS });
    await migrationCleanedUp(qmp);
  } finally {
    watch.close();
  }
}

async function dropSave(memory: JournalMemory): Promise<string[]> {
  await endSink(memory);
  await rm(memory.partial, { force: true });
  await rm(memory.report, { force: true });
  return [`removed what had been written of '${memory.final}'`];
}
