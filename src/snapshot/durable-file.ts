import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Replaces a file so that, whatever happens, it holds either its old or its new text: written aside with mode
 * 0600, synced, renamed, and the folder synced.
 */
export const writeDurably = (path: string, text: string | Uint8Array): Promise<void> =>
  write(path, text, rename);

/**
 * The same, for a file that must not be there yet: of several who try at once, one succeeds.
 * @throws ErrnoException EEXIST
 */
export const createDurably = (path: string, text: string | Uint8Array): Promise<void> =>
  write(path, text, async (aside) => {
    await link(aside, path);
    await rm(aside, { force: true });
  });

async function write(
  path: string,
  text: string | Uint8Array,
  name: (aside: string, path: string) => Promise<void>,
): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await name(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Removes what processes that were killed within writeDurably left in a folder; nobody may be writing there now. */
export async function sweepAsides(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (/^\..+\.[0-9a-f]{12}$/.test(name)) await rm(join(folder, name), { force: true });
  }
}

/** Makes renames and removals in a folder survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    await folder.sync();
  } finally {
    await folder?.close();
  }
}

/** A folder for secrets: created with mode 0700, parents too. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

/** Removes a file that was being written, and what its writer kept beside it under its name with something added. */
export async function removePartial(path: string): Promise<void> {
  await rm(path, { force: true });
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    if (name.startsWith(`.${basename(path)}.`)) await rm(join(dirname(path), name), { force: true });
  }
}
