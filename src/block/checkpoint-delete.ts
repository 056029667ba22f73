import type { Guest } from '../snapshot/guest.js';
import { disksOf, findDisk } from '../snapshot/guest-disks.js';
import type { CheckpointDescription } from './checkpoint-xml.js';
import { findChain } from './disk-chain.js';

/**
 * Takes a checkpoint's bitmaps out of the images that are written to. What is in images below stays: they are read-only,
 * and a bitmap that has no continuation above is no part of anything.
 */
export async function removeBitmaps(
  guest: Guest,
  { disks }: Pick<CheckpointDescription, 'disks'>,
): Promise<void> {
  const present = await disksOf(guest);
  for (const { name, checkpoint, bitmap } of disks ?? []) {
    const disk = findDisk(present, name);
    // A disk that has been taken out took its bitmaps along.
    if (checkpoint !== 'bitmap' || bitmap === undefined || !disk?.medium) continue;
    const [active] = (await findChain(guest, disk.target)).images;
    if (!active.details['dirty-bitmaps']?.some((each) => each.name === bitmap)) continue;
    await guest.qmp.execute('block-dirty-bitmap-remove', { node: active.node, name: bitmap });
  }
}
