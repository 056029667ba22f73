import { copyFileSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/*
 * libvirt asks each QEMU program once what it can do, which takes some 4 s where QEMU emulates, and keeps the answer in
 * its root. A new root would have it ask again, so the answers are carried from root to root. libvirt itself checks
 * that an answer still fits (versions and times of QEMU and libvirt, processor, kernel) and asks anew if not.
 */

const own = () =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'snapctl', 'qemu-capabilities');
const inRoot = (folder) => join(folder, 'cache', 'qemu', 'capabilities');

/** Puts what is known into a new root. */
export function lendCapabilities(folder) {
  copyAll(own(), inRoot(folder));
}

/** Keeps what a root has learnt. */
export function keepCapabilities(folder) {
  copyAll(inRoot(folder), own());
}

function copyAll(from, to) {
  let names = [];
  try {
    names = readdirSync(from).filter((name) => name.endsWith('.xml'));
  } catch {
    return; // there are none yet
  }
  mkdirSync(to, { recursive: true });
  for (const name of names) {
    // Another process may read the file meanwhile: never let it see half of one.
    const partial = join(to, `.${name}.${process.pid}`);
    copyFileSync(join(from, name), partial);
    renameSync(partial, join(to, name));
  }
}
