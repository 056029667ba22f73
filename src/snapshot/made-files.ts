import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, writeDurably } from './durable-file.js';
import { realFile } from './real-file.js';

/** A file that a snapshot has made: what may be removed once nothing refers to it any more. */
export interface MadeFile {
  /** Real path. */
  readonly file: string;
  /** Which file it was: one that has since come to be in its place is somebody else's. */
  readonly device: string;
  readonly inode: string;
  readonly part: 'image' | 'memory';
  readonly domain: string;
  readonly snapshot: string;
  readonly madeAt: string;
}

/** Not the name of a snapshot's document, which ends in .xml. */
const listOf = (domainFolder: string): string => join(domainFolder, 'snapshots', 'made.json');

/** The files that snapshots of a domain have made, as far as they were noted; some may be gone by now. */
export async function readMade(domainFolder: string): Promise<readonly MadeFile[]> {
  const text = await readFile(listOf(domainFolder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw error;
  });
  return JSON.parse(text) as MadeFile[];
}

/** Whether the file of a note is still the one that was made. */
export async function isStillThere({ file, device, inode }: MadeFile): Promise<boolean> {
  const found = await lstat(file, { bigint: true }).catch(() => undefined);
  return found?.isFile() === true && String(found.dev) === device && String(found.ino) === inode;
}

/** Adds files that a snapshot has just made; those that are gone are forgotten. Devices and missing files are left out. */
export async function noteMade(
  domainFolder: string,
  { domain, snapshot }: { readonly domain: string; readonly snapshot: string },
  files: readonly { readonly file: string; readonly part: MadeFile['part'] }[],
): Promise<void> {
  const added: MadeFile[] = [];
  for (const { file, part } of files) {
    const real = await realFile(file);
    const found = await lstat(real, { bigint: true }).catch(() => undefined);
    if (!found?.isFile()) continue;
    const which = { device: String(found.dev), inode: String(found.ino) };
    added.push({ file: real, ...which, part, domain, snapshot, madeAt: new Date().toISOString() });
  }
  if (added.length > 0) await writeMade(domainFolder, added);
}

/** Forgets files that are gone. */
export async function pruneMade(domainFolder: string): Promise<void> {
  const noted = await readMade(domainFolder);
  if (noted.length > 0) await writeMade(domainFolder, []);
}

async function writeMade(domainFolder: string, added: readonly MadeFile[]): Promise<void> {
  const kept: MadeFile[] = [];
  for (const each of await readMade(domainFolder)) {
    const replaced = added.some(({ file }) => file === each.file);
    if (!replaced && (await isStillThere(each))) kept.push(each);
  }
  await makePrivateFolder(join(domainFolder, 'snapshots'));
  await writeDurably(listOf(domainFolder), JSON.stringify([...kept, ...added], null, 1));
}
