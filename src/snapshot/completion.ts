import { chmod, link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './durable-file.js';
import type { JournalMemory, JournalRecord } from './journal.js';
import { readSinkReport } from './sink.js';
import { SnapshotStore } from './snapshot-store.js';

/** Whether the memory image is whole: everything that was sent has been written. */
export async function memoryIsWhole(memory: JournalMemory): Promise<boolean> {
  const report = await readSinkReport(memory.report);
  return (
    report !== undefined &&
    report.failure === null &&
    report.received > 0 &&
    report.written === report.received
  );
}

/**
 * The last steps of a snapshot whose disks are switched and whose memory is whole: the image gets its final name
 * (never in place of a file that has come to be there), the snapshot is recorded and becomes the current one.
 */
export async function completeSnapshot(folder: string, record: JournalRecord): Promise<void> {
  const { memory, snapshot, snapshotXml } = record;
  if (memory) {
    await chmod(memory.partial, 0o600).catch(ignoreMissing);
    // link fails where rename would replace. An image that has its name already was linked by a run that died.
    await link(memory.partial, memory.final).catch(ignoreMissing);
    await rm(memory.partial, { force: true });
    await syncFolder(dirname(memory.final));
    await rm(memory.report, { force: true });
  }
  if (snapshotXml === null) return;
  const store = new SnapshotStore(folder);
  await store.put(snapshot, snapshotXml);
  await store.setCurrent(snapshot);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
