import type { BlockGraph } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { disksOf, filterDrivers, findDisk, type GuestDisk } from '../snapshot/guest-disks.js';
import { type OpenImage, queryOpenImages } from '../snapshot/open-images.js';
import { realFile } from '../snapshot/real-file.js';
import { refusal } from './refusals.js';

/** A disk with a medium, and the images it is on, as QEMU has them open. */
export interface DiskChain {
  readonly disk: GuestDisk & { readonly medium: NonNullable<GuestDisk['medium']> };
  /** The active one first, each on the next. */
  readonly images: readonly [OpenImage, ...OpenImage[]];
  readonly graph: BlockGraph;
}

/** Nodes that jobs and users put between images; they have the file name of what is below. */
const FILTERS: ReadonlySet<string> = new Set([
  ...filterDrivers,
  ...['commit_top', 'mirror_top', 'snapshot-access', 'backup-top'],
]);

/**
 * A disk by any of its names.
 * @throws HypervisorError in libvirt's words: there is no such disk, or nothing is in it.
 */
export async function findChain(guest: Guest, name: string): Promise<DiskChain> {
  const { disks, chains, graph } = await queryOpenImages(guest);
  const disk = diskNamed(disks, name);
  if (!disk.medium)
    throw refusal('invalid', `disk '${disk.target}' does not currently have a source assigned`);
  const found = chains.find(({ disk: { target } }) => target === disk.target);
  const [active, ...below] = (found?.images ?? []).filter(({ format }) => !FILTERS.has(format));
  if (!active) throw refusal('invalid', `disk '${disk.target}' is not on a file`);
  return { disk: { ...disk, medium: disk.medium }, images: [active, ...below], graph };
}

/** @throws HypervisorError in libvirt's words: there is no such disk. */
export async function lookUpDisk(guest: Guest, name: string): Promise<GuestDisk> {
  return diskNamed(await disksOf(guest), name);
}

/** @throws HypervisorError as lookUpDisk() */
export function diskNamed(disks: readonly GuestDisk[], name: string): GuestDisk {
  const disk = findDisk(disks, name);
  if (!disk) throw refusal('invalid', `disk '${name}' not found in domain`);
  return disk;
}

/**
 * The place of an image in a chain: by its path, or as `vda[1]` by its depth below the active one.
 * @param beneath only look below this place; -1 for anywhere.
 * @throws HypervisorError in libvirt's words.
 */
export async function placeInChain(
  { disk, images }: Pick<DiskChain, 'disk' | 'images'>,
  name: string,
  beneath = -1,
): Promise<number> {
  const start = images[beneath]?.file;
  const indexed = /^(.*)\[(\d+)\]$/.exec(name);
  if (indexed && disk.names.includes(indexed[1] ?? '')) {
    const place = Number(indexed[2]);
    if (place > beneath && place < images.length) return place;
    throw refusal(
      'invalid',
      `could not find backing store index '${place}' in chain for '${images[0].file}'`,
    );
  }
  const file = name.startsWith('/') ? await realFile(name) : name;
  const place = images.findIndex(
    (image, index) => index > beneath && [image.file, image.node].includes(file),
  );
  if (place >= 0) return place;
  const where = start === undefined ? '' : ` beneath '${start}'`;
  throw refusal('invalid', `could not find image '${name}'${where} in chain for '${images[0].file}'`);
}
