import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal, type JournalRecord } from './journal.js';
import { stateRoot } from './state-folder.js';

/** Every operation of whatever domain whose journal is still there: under way, or cut off. */
export async function unfinishedOperations(
  root = stateRoot(),
): Promise<{ readonly folder: string; readonly record: JournalRecord }[]> {
  const places = [join(root, 'qmp'), ...(await foldersIn(join(root, 'libvirt')))];
  const found: { folder: string; record: JournalRecord }[] = [];
  for (const folder of (await Promise.all(places.map(foldersIn))).flat()) {
    const record = await Journal.read(folder);
    if (record) found.push({ folder, record });
  }
  return found;
}

const foldersIn = async (parent: string): Promise<string[]> =>
  (await readdir(parent).catch(() => [])).sort().map((name) => join(parent, name));
