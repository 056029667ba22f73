import { lstat } from 'node:fs/promises';
import { CommandFailure, queryBlockGraph } from '../qmp/index.js';
import type { ChainImage } from './delete-model.js';
import type { Guest } from './guest.js';
import { queryOpenImages } from './open-images.js';

/**
 * Has the guest's QEMU open a chain of images that the guest doesn't use: a branch of its snapshots that it isn't on.
 * What QEMU has open already is used as it is. All are opened for reading; a job opens what it writes to again.
 * @param images top first.
 * @param prefix for the names of the nodes; QEMU allows 31 letters.
 * @returns the node of each image, by its file.
 */
export async function openInactive(
  guest: Guest,
  images: readonly ChainImage[],
  prefix: string,
): Promise<Map<string, string>> {
  const open = await queryOpenImages(guest);
  const nodes = new Map<string, string>();
  let backing: string | null = null;
  for (const [index, { file, format }] of [...images.entries()].reverse()) {
    const found = open.all.find((image) => image.file === file && image.format === format)?.node;
    const node: string = found ?? `${prefix}${index}`;
    if (found === undefined) {
      const driver = (await lstat(file)).isBlockDevice() ? 'host_device' : 'file';
      await guest.qmp.execute('blockdev-add', {
        driver: format,
        'node-name': node,
        'read-only': true,
        // Given at the child's own place it isn't inherited, so that the child can be opened for writing later.
        file: { driver, filename: file, 'read-only': false, 'auto-read-only': true },
        ...(format === 'raw' ? {} : { backing }),
      });
    }
    nodes.set(file, node);
    backing = node;
  }
  return nodes;
}

/** Closes what openInactive opened, also in an earlier run; a node goes when nothing lies on it any more. */
export async function closeInactive({ qmp }: Guest, prefix: string): Promise<void> {
  for (let closed = 1; closed > 0; ) {
    closed = 0;
    for (const node of (await queryBlockGraph(qmp)).nodes.keys()) {
      if (!node.startsWith(prefix)) continue;
      try {
        await qmp.execute('blockdev-del', { 'node-name': node });
        closed++;
      } catch (error) {
        // In use by another one of ours, which goes first.
        if (!(error instanceof CommandFailure)) throw error;
      }
    }
  }
}
