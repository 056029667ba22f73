import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate } from './candidate.js';
import type { Completer } from './completer.js';

/** What begins with `prefix` in the file system; folders end in `/` and may be gone into. */
export async function pathsFrom(prefix: string, foldersOnly = false): Promise<Candidate[]> {
  const slash = prefix.lastIndexOf('/') + 1;
  const folder = prefix.slice(0, slash);
  const start = prefix.slice(slash);
  const entries = await readdir(folder || '.', { withFileTypes: true });
  const candidates: Candidate[] = [];
  for (const entry of entries) {
    // Hidden entries are offered only when asked for, as in every shell.
    if (!entry.name.startsWith(start) || (entry.name.startsWith('.') && !start.startsWith('.'))) continue;
    const isFolder =
      entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(join(folder, entry.name))));
    if (isFolder) candidates.push({ text: `${folder}${entry.name}/`, partial: true });
    else if (!foldersOnly) candidates.push({ text: `${folder}${entry.name}` });
  }
  return candidates.sort((a, b) => (a.text < b.text ? -1 : 1));
}

const leadsToFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );

export const path: Completer = ({ prefix }) => pathsFrom(prefix);
export const folder: Completer = ({ prefix }) => pathsFrom(prefix, true);
