import { lstat, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './durable-file.js';
import type { Guest } from './guest.js';
import { queryOpenImages } from './open-images.js';

/**
 * Removes a file that no snapshot needs any more, unless somebody has it open: this guest's QEMU, or, by the locks
 * that QEMU and qemu-img put on images, any other process on this machine. Devices are left alone.
 * @returns what to tell of it; undefined if it was gone already.
 */
export async function deleteFile(guest: Guest, file: string): Promise<string | undefined> {
  const found = await lstat(file, { bigint: true }).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isFile()) return `kept '${file}': it is no regular file`;
  const { all } = await queryOpenImages(guest);
  if (all.some((image) => image.file === file)) return `kept '${file}': the guest has it open`;
  if (await isLocked(found)) return `kept '${file}': another process has it open`;
  await rm(file, { force: true });
  await syncFolder(dirname(file));
  return `removed '${file}'`;
}

/**
 * Whether a process, of whatever user, has a lock on a file. Device and inode are as /proc/locks writes them: `08:01:1234`,
 * the device in hexadecimal.
 */
export async function isLocked({ dev, ino }: { dev: bigint; ino: bigint }): Promise<boolean> {
  const locks = await readFile('/proc/locks', 'latin1').catch(() => '');
  // glibc's encoding of a device number (gnu_dev_major, gnu_dev_minor).
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  return locks.includes(` ${hex(major)}:${hex(minor)}:${ino} `);
}
