import { randomBytes } from 'node:crypto';
import { link, lstat, rename, rm } from 'node:fs/promises';

/**
 * A path that both QEMUs make when they start: a socket to listen on, or the pid file. A unix socket belongs to its
 * inode and not to its name, so each keeps listening under whatever name it has: the old one's is put aside while the
 * new one starts, and comes back at once; the new one's waits under another name until the old one has gone.
 */
export interface SharedPath {
  readonly path: string;
  /** Whether it was there before. */
  readonly existed: boolean;
  /** A second name for what the old QEMU made. */
  readonly old: string;
  /** A second name for what the new QEMU made. */
  readonly fresh: string;
}

export async function describePaths(paths: readonly string[], id: string): Promise<SharedPath[]> {
  const described: SharedPath[] = [];
  for (const path of paths) {
    const existed = await isThere(path);
    described.push({ path, existed, old: `${path}.${id}-old`, fresh: `${path}.${id}-new` });
  }
  return described;
}

/** Clears the paths for a QEMU that is about to start. */
export async function putAside(paths: readonly SharedPath[]): Promise<void> {
  for (const { path, existed, old } of paths) if (existed) await link(path, old);
  for (const { path, existed } of paths) if (existed) await rm(path);
}

/** The new QEMU has started: the old one is to be found under its paths again. */
export async function swapBack(paths: readonly SharedPath[]): Promise<void> {
  for (const { path, existed, old, fresh } of paths) {
    if (!(await isThere(path))) continue;
    await link(path, fresh);
    if (existed) await putBack(old, path);
    else await rm(path);
  }
}

/** The new QEMU is gone, and the old one is alone. May be done again. */
export async function restorePaths(paths: readonly SharedPath[]): Promise<void> {
  for (const { path, existed, old, fresh } of paths) {
    if (await isThere(old)) {
      await putBack(old, path);
      await rm(old, { force: true });
    } else if (!existed) await rm(path, { force: true });
    await rm(fresh, { force: true });
  }
}

/** The old QEMU is gone: the new one takes its paths. May be done again. */
export async function takeOver(paths: readonly SharedPath[]): Promise<void> {
  for (const { path, old, fresh } of paths) {
    if (await isThere(fresh)) await rename(fresh, path);
    await rm(old, { force: true });
  }
}

/** Both are gone. */
export async function removePaths(paths: readonly SharedPath[]): Promise<void> {
  for (const { path, old, fresh } of paths) {
    for (const each of [path, old, fresh]) await rm(each, { force: true });
  }
}

/** Puts what has the name `from` in the place of `path` at one instant; it keeps its other name. */
async function putBack(from: string, path: string): Promise<void> {
  const aside = `${from}.${randomBytes(4).toString('hex')}`;
  await link(from, aside);
  await rename(aside, path);
  // Renaming onto another name of the same file does nothing, and leaves both.
  await rm(aside, { force: true });
}

const isThere = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined)) !== undefined;
