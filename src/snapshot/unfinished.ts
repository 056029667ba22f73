import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal, type JournalRecord } from './journal.js';
import { stateRoot } from './state-folder.js';

/** Every operation of whatever domain whose journal is still there: under way, or cut off. */
export async function unfinishedOperations(
  root = stateRoot(),
): Promise<{ readonly folder: string; readonly record: JournalRecord }[]> {
  const parent = join(root, 'qmp');
  const names = await readdir(parent).catch(() => []);
  const found: { folder: string; record: JournalRecord }[] = [];
  for (const name of names.sort()) {
    const folder = join(parent, name);
    const record = await Journal.read(folder);
    if (record) found.push({ folder, record });
  }
  return found;
}
