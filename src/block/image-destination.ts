import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rm, stat } from 'node:fs/promises';
import { errnoWords } from '../snapshot/errno-words.js';
import type { Guest } from '../snapshot/guest.js';
import { giveToQemu, runQemuImg } from '../snapshot/overlay.js';
import { refusal } from './refusals.js';

/** Where a copy of a disk is to go. */
export interface Destination {
  readonly file: string;
  readonly type: 'file' | 'block';
  readonly format: string;
}

/** An image that a new one lies on. */
export interface BackingImage {
  readonly file: string;
  readonly format: string;
}

/**
 * Checks what is at a destination, without touching it.
 * @param reuse it must be there; else a file must not be.
 * @throws HypervisorError in libvirt's words.
 */
export async function checkDestination(
  target: string,
  { file, type }: Pick<Destination, 'file' | 'type'>,
  reuse: boolean,
): Promise<void> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw refusal('failed', `unable to stat for disk ${target}: ${file}: ${errnoWords(error.code)}`);
  });
  if (!found && (reuse || type === 'block')) {
    throw refusal(
      'configuration',
      `missing destination file for disk ${target}: ${file}: No such file or directory`,
    );
  }
  const device = found ? (await stat(file)).isBlockDevice() : false;
  if (type === 'block' && !device)
    throw refusal(
      'configuration',
      `blockdev flag requested for disk ${target}, but file '${file}' is not a block device`,
    );
  if (found && !reuse && type === 'file' && !device) {
    throw refusal(
      'configuration',
      `external destination file for disk ${target} already exists and is not a block device: ${file}`,
    );
  }
}

/**
 * Makes an empty image of a size, for whom QEMU runs as. A file must not be there, not even a link.
 * @throws HypervisorError; ErrnoException EEXIST: nothing is ours there.
 */
export async function createImage(
  guest: Guest,
  { file, type, format }: Destination,
  size: number,
  backing?: BackingImage,
): Promise<void> {
  const { O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW } = constants;
  const handle: FileHandle = await (type === 'file'
    ? open(file, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600)
    : open(file, O_RDWR)
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw error;
    throw refusal('failed', `failed to create image file '${file}': ${errnoWords(error.code)}`);
  });
  try {
    // A device of raw data has its size already, and what is on it is written over.
    if (type === 'file' && format === 'raw') await handle.truncate(size);
    else if (format !== 'raw') {
      const below = backing ? ['-u', '-b', backing.file, '-F', backing.format] : [];
      await runQemuImg(
        ['create', '-q', '-f', format, ...below, '--', '/proc/self/fd/3', String(size)],
        handle.fd,
      ).catch(async (error: Error) => {
        if (type === 'file') await rm(file, { force: true });
        throw refusal('failed', `failed to create image file '${file}': ${error.message}`);
      });
    }
  } finally {
    await handle.close();
  }
  if (type === 'file') await giveToQemu(guest, file);
}
