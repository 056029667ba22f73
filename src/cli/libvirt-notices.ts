import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../hypervisor/index.js';
import { stateRoot } from '../snapshot/state-folder.js';

/** What was mended of operations through this connection's libvirt since anybody last asked, and what is to be mended. */
export async function cutOffNotices(connection: Connection): Promise<string[]> {
  const root = stateRoot();
  // Nearly always the answer, and at the cost of nothing.
  if (!existsSync(join(root, 'libvirt'))) return [];
  const { libvirtStateFolder } = await import('../snapshot/libvirt-journal.js');
  const parent = libvirtStateFolder(await connection.getURI(), root);
  const folders = (await readdir(parent).catch(() => [])).map((name) => join(parent, name));
  if (folders.length === 0) return [];
  const { Journal, JournalPresent } = await import('../snapshot/journal.js');
  const { takeNotice } = await import('../snapshot/notice.js');
  const told = folders.map(async (folder) => {
    const notice = await takeNotice(folder);
    const record = await Journal.read(folder).catch(() => undefined);
    const left = record && (await JournalPresent.of(record));
    return [notice, left?.busy === false ? left.message : undefined];
  });
  return (await Promise.all(told)).flat().filter((line) => line !== undefined);
}
