import { chmod, link, lstat, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './durable-file.js';
import type { Journal, JournalMemory } from './journal.js';
import { noteMade } from './made-files.js';
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

/** A file has come to be in the place of the memory image. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken';
}

/**
 * The last steps of a snapshot whose disks are switched and whose memory is whole: the image gets its final name
 * (never in place of a file that has come to be there), the snapshot is recorded and becomes the current one. May be
 * cut off anywhere and done again.
 * @throws NameTaken; there is a way back then.
 */
export async function completeSnapshot(journal: Journal): Promise<void> {
  const { memory, snapshot, snapshotXml } = journal.record;
  if (memory && journal.record.step !== 'completing') await giveName(memory);
  await journal.update({ step: 'completing' });
  if (memory) {
    await rm(memory.partial, { force: true });
    await syncFolder(dirname(memory.final));
    await rm(memory.report, { force: true });
  }
  await noteFiles(journal);
  if (snapshotXml === null) return;
  const store = new SnapshotStore(journal.folder);
  await store.put(snapshot, snapshotXml);
  await store.setCurrent(snapshot);
}

/** What cannot be noted is not lost: it is only never taken for garbage. */
async function noteFiles({ folder, record }: Journal): Promise<void> {
  const { operation, overlays, memory, domain, snapshot } = record;
  // An archive is never garbage, nor is what a guest wrote since.
  if (operation !== 'snapshot-create') return;
  const images = overlays.filter(({ created }) => created);
  const made = [
    ...images.map(({ file }) => ({ file, part: 'image' }) as const),
    ...(memory ? [{ file: memory.final, part: 'memory' } as const] : []),
  ];
  await noteMade(folder, { domain, snapshot }, made).catch(() => undefined);
}

async function giveName({ partial, final }: JournalMemory): Promise<void> {
  await chmod(partial, 0o600);
  try {
    // link fails where rename would replace.
    await link(partial, final);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A run that died may have come as far.
    if (!(await isSameFile(partial, final))) throw new NameTaken(`file '${final}' already exists`);
  }
  await syncFolder(dirname(final));
}

export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((path) => lstat(path, { bigint: true }).catch(() => undefined)),
  );
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}
