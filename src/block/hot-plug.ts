import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { freePort, unplug } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { disksOf, findDisk } from '../snapshot/guest-disks.js';
import { realFile } from '../snapshot/real-file.js';
import { closeUnused, deleteNode } from './close-images.js';
import { findChain } from './disk-chain.js';
import { hasWriteCache, imageNode } from './disk-node.js';
import type { DescribedDisk } from './disk-xml.js';
import { notUnplugged, refusal } from './refusals.js';

/** A name for a node of a disk that was attached. */
export const hotNode = (): string => `snapctl-h${randomBytes(4).toString('hex')}`;

/**
 * Gives the guest a disk. Its device is called as its target is.
 * @throws HypervisorError in libvirt's words; CommandFailure. Nothing is left then.
 */
export async function attachDisk(guest: Guest, disk: DescribedDisk): Promise<void> {
  const { target, device } = disk;
  if (disk.file === undefined) throw refusal('configuration', `disk '${target}' has no source`);
  if (findDisk(await disksOf(guest), target)) throw refusal('failed', `target ${target} already exists`);
  const file = await realFile(resolve(disk.file));
  const node = hotNode();
  const options = { ...disk, file };
  const frontend = deviceFor(disk);
  if (device !== 'disk' && device !== 'cdrom')
    throw refusal('configuration', `a ${device} cannot be attached here`);
  // What an attachment that was cut off has left open keeps the image's lock.
  await closeUnused(guest, [file]);
  await guest.qmp.execute('blockdev-add', imageNode(options, node));
  try {
    const bus = disk.bus === 'virtio' ? await freePort(guest.qmp) : undefined;
    await guest.qmp.execute('device_add', {
      driver: frontend,
      id: target,
      drive: node,
      ...(bus === undefined ? {} : { bus }),
      ...(disk.serial === undefined ? {} : { serial: disk.serial }),
      ...(disk.iothread === undefined ? {} : { iothread: `iothread${disk.iothread}` }),
      ...(disk.shareable ? { 'share-rw': true } : {}),
      ...(disk.readonly ? {} : { 'write-cache': hasWriteCache(disk) ? 'on' : 'off' }),
    });
  } catch (error) {
    await deleteNode(guest, node);
    throw error;
  }
}

/** @throws HypervisorError in libvirt's words: such a disk can't be attached while a guest runs. */
function deviceFor({ bus, device }: DescribedDisk): string {
  if (bus === 'virtio' && device === 'disk') return 'virtio-blk-pci';
  if (bus === 'scsi') return device === 'cdrom' ? 'scsi-cd' : 'scsi-hd';
  if (bus === 'usb' && device === 'disk') return 'usb-storage';
  throw refusal('unsupported', `disk bus '${bus}' cannot be hotplugged.`);
}

/**
 * Takes a disk from the guest, which is asked to let go of it first. Its image stays.
 * @throws HypervisorError in libvirt's words; the guest doesn't let go.
 */
export async function detachDisk(guest: Guest, name: string): Promise<void> {
  const disk = findDisk(await disksOf(guest), name);
  if (!disk) throw refusal('missing', `disk ${name} not found`);
  if (disk.medium?.busy) throw refusal('now', `disk '${disk.target}' has a blockjob assigned`);
  if (disk.qdev === undefined) throw refusal('unsupported', `disk '${disk.target}' has no device`);
  const files = disk.medium ? (await findChain(guest, disk.target)).images.map(({ file }) => file) : [];
  // virtio's block device is inside of what was plugged in.
  const device = disk.qdev.replace(/\/virtio-backend$/, '');
  const outcome = await unplug(guest.qmp, device);
  if (outcome !== 'gone') throw notUnplugged(`disk '${disk.target}'`, outcome);
  await closeUnused(guest, files);
}
