import { VIR_DOMAIN_BLOCK_RESIZE_BYTES } from '../hypervisor/constants.js';
import type { Guest } from '../snapshot/guest.js';
import { alreadyActive } from './block-job-start.js';
import { findChain } from './disk-chain.js';
import { checkFlags, refusal } from './refusals.js';

/** A block of every image format. */
const SECTOR = 512n;

/**
 * Makes a disk larger; the guest is told.
 * @param size KiB, or bytes if the flags say so.
 * @throws HypervisorError in libvirt's words; QEMU would make it smaller too, but what is beyond is lost at once.
 */
export async function resizeDisk(guest: Guest, name: string, size: bigint, flags: number): Promise<void> {
  checkFlags(flags, VIR_DOMAIN_BLOCK_RESIZE_BYTES, 'virDomainBlockResize');
  const asked = (flags & VIR_DOMAIN_BLOCK_RESIZE_BYTES) !== 0 ? size : size * 1024n;
  const bytes = ((asked + SECTOR - 1n) / SECTOR) * SECTOR;
  const { disk, graph } = await findChain(guest, name);
  const { medium, target } = disk;
  if (medium.readonly) throw refusal('now', `can't resize empty or readonly disk '${target}'`);
  if (medium.busy) throw alreadyActive(target);
  if (bytes < BigInt(medium.size)) {
    throw refusal(
      'unsupported',
      `disk '${target}' has ${medium.size} bytes, and what is beyond a smaller size would be lost`,
    );
  }
  // A filter above the image hands the new size on; below it, it would be in the way.
  const top = graph.devices.find(({ qdev }) => qdev !== undefined && qdev === disk.qdev)?.inserted;
  const node = top?.['node-name'] ?? medium.node;
  await guest.qmp.execute('block_resize', { 'node-name': node, size: Number(bytes) });
}
