import { readlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  type BlockDevice,
  type BlockGraph,
  type BlockNode,
  type Image,
  type ImageSnapshot,
  queryBlockGraph,
} from '../qmp/index.js';
import type { Guest } from './guest.js';

/** A disk of a guest as it is now, named as its user knows it. */
export interface GuestDisk {
  /** The name it is listed under: the device's id, else the drive's, else the node's. */
  readonly target: string;
  /** Every name by which it may be asked for. */
  readonly names: readonly string[];
  /** Names of the nodes below its active one: what it was called before a snapshot. */
  readonly formerNames: readonly string[];
  /** Where QEMU hangs it: its QOM path or id; undefined for a drive that no device uses. */
  readonly qdev: string | undefined;
  readonly removable: boolean;
  /** What is in it; undefined for an empty drive. */
  readonly medium: Medium | undefined;
}

export interface Medium {
  /** The active node: the topmost one that holds data, below any filter. */
  readonly node: string;
  readonly file: string;
  readonly format: string;
  readonly readonly: boolean;
  /** Bytes the guest sees. */
  readonly size: number;
  readonly image: Image;
  readonly cache: BlockNode['cache'];
  readonly detectZeroes: BlockNode['detect_zeroes'];
  /** Nodes above the active one, topmost first. */
  readonly filters: readonly string[];
  /** A job holds the node, or one of the filters: it cannot be switched to an overlay now. */
  readonly busy: boolean;
}

/** Nodes that stand above the one that holds the data (QAPI BlockdevDriver). */
export const filterDrivers: ReadonlySet<string> = new Set([
  ...['throttle', 'copy-on-read', 'blkdebug', 'blklogwrites', 'preallocate', 'compress'],
  // A backup's.
  'copy-before-write',
]);

/** The disks of a guest as they are now, their files with paths that mean the same here as in its QEMU. */
export async function disksOf({ qmp, process: qemu }: Guest): Promise<GuestDisk[]> {
  const graph = await queryBlockGraph(qmp);
  return plainDisks(graph, qemu && (await readlink(`/proc/${qemu.pid}/cwd`).catch(() => undefined)));
}

/** The same of what QEMU has told already. @param cwd its working folder */
export const plainDisks = (graph: BlockGraph, cwd: string | undefined): GuestDisk[] =>
  guestDisks(graph).map((disk) =>
    disk.medium ? { ...disk, medium: { ...disk.medium, file: plainPath(disk.medium.file, cwd) } } : disk,
  );

/**
 * The path in what QEMU calls an image's file name. A relative one is from its own folder; and where the image's header
 * names its backing file otherwise than QEMU was told (a path that was relative), all options are in it, as JSON.
 */
export function plainPath(file: string, cwd: string | undefined): string {
  const inner = file.startsWith('json:') ? (filenameIn(file.slice('json:'.length)) ?? file) : file;
  // QEMU takes what is before a colon for a protocol, unless a slash comes first.
  const relative = !inner.startsWith('/') && !/^[^/]*:/.test(inner);
  return relative && cwd !== undefined ? resolve(cwd, inner) : inner;
}

function filenameIn(json: string): string | undefined {
  try {
    const options = JSON.parse(json) as Record<string, unknown>;
    const file = (options.file ?? options) as Record<string, unknown>;
    const filename = file.filename ?? options['file.filename'];
    return typeof filename === 'string' ? filename : undefined;
  } catch {
    return undefined;
  }
}

/** The guest's disks, in QEMU's order; files are told as QEMU was given them. */
export function guestDisks(graph: BlockGraph): GuestDisk[] {
  return graph.devices
    .filter((device) => device.inserted || device.removable)
    .map((device) => guestDisk(device, graph));
}

function guestDisk(device: BlockDevice, graph: BlockGraph): GuestDisk {
  const top = device.inserted?.['node-name'];
  const medium = device.inserted && top !== undefined ? mediumBelow(top, device, graph) : undefined;
  const names = [outerId(device.qdev), device.device, device.qdev, medium?.node, top].filter(
    (name): name is string => name !== undefined && name !== '' && !name.startsWith('#'),
  );
  return {
    target: names[0] ?? device.qdev ?? '',
    names: [...new Set(names)],
    formerNames: medium ? graph.chainOf(medium.node).slice(1) : [],
    qdev: device.qdev,
    removable: device.removable,
    medium,
  };
}

function mediumBelow(top: string, device: BlockDevice, graph: BlockGraph): Medium | undefined {
  let name = top;
  const above: string[] = [];
  for (let node = graph.nodes.get(name); node && filterDrivers.has(node.drv); node = graph.nodes.get(name)) {
    const below = graph.childOf(name, 'file') ?? graph.childOf(name, 'image');
    if (below === undefined) break;
    above.push(name);
    name = below;
  }
  const node = graph.nodes.get(name) ?? device.inserted;
  if (!node) return undefined;
  // The flat list has no backing images; the device's own account has them, for the node it is on.
  const image = name === top ? (device.inserted?.image ?? node.image) : node.image;
  return {
    node: name,
    file: node.file,
    format: node.drv,
    readonly: node.ro,
    size: image['virtual-size'],
    image,
    cache: node.cache,
    detectZeroes: node.detect_zeroes,
    filters: above,
    busy: [name, ...above].some((each) => graph.isJobOwned(each)),
  };
}

/** `vda` of /machine/peripheral/vda/virtio-backend; an id that is no path as it is. */
function outerId(qdev: string | undefined): string | undefined {
  if (qdev === undefined || !qdev.startsWith('/')) return qdev;
  return /^\/machine\/peripheral\/([^/]+)/.exec(qdev)?.[1];
}

/**
 * The disk of a name, of a present image's path, or of a node that it was on before; undefined if none or more than one
 * has it.
 */
export function findDisk(disks: readonly GuestDisk[], name: string): GuestDisk | undefined {
  const ways: readonly ((disk: GuestDisk) => boolean)[] = [
    (disk) => disk.names.includes(name),
    (disk) => disk.medium?.file === name,
    (disk) => disk.formerNames.includes(name),
  ];
  for (const fits of ways) {
    const found = disks.filter(fits);
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

/** The files of an image and of all below it, top first. */
export function backingFiles(image: Image): string[] {
  const files: string[] = [];
  for (let level: Image | undefined = image; level; level = level['backing-image'])
    files.push(level.filename);
  return files;
}

/** Snapshots that every writable qcow2 disk has under the same name, as the first of them describes them. */
export function commonInternalSnapshots(disks: readonly GuestDisk[]): ImageSnapshot[] {
  const media = disks.flatMap(({ medium }) =>
    medium && medium.format === 'qcow2' && !medium.readonly ? [medium] : [],
  );
  const [first, ...rest] = media;
  return (first?.image.snapshots ?? []).filter(({ name }) =>
    rest.every(({ image }) => image.snapshots?.some((snapshot) => snapshot.name === name)),
  );
}
