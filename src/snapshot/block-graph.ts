/** A guest's disks as QEMU has them now, from query-block and query-named-block-nodes. */

/** An image's own account of itself (QMP ImageInfo), as far as it is used. */
export interface ImageInfo {
  readonly filename: string;
  readonly format: string;
  readonly 'virtual-size': number;
  readonly 'actual-size'?: number;
  readonly 'full-backing-filename'?: string;
  readonly 'backing-filename'?: string;
  readonly 'backing-filename-format'?: string;
  readonly 'backing-image'?: ImageInfo;
  readonly snapshots?: readonly InternalSnapshot[];
}

/** A snapshot inside an image (QMP SnapshotInfo). */
export interface InternalSnapshot {
  readonly id: string;
  readonly name: string;
  /** Bytes of memory state; 0 for disk alone. */
  readonly 'vm-state-size': number;
  readonly 'date-sec': number;
  readonly 'date-nsec': number;
  readonly 'vm-clock-sec': number;
  readonly 'vm-clock-nsec': number;
}

/** QMP BlockDeviceInfo, as far as it is used. */
export interface BlockNode {
  readonly 'node-name'?: string;
  readonly drv: string;
  readonly file: string;
  readonly ro: boolean;
  readonly image: ImageInfo;
}

/** QMP BlockInfo, as far as it is used. */
export interface BlockDevice {
  readonly device: string;
  readonly qdev?: string;
  readonly removable: boolean;
  readonly inserted?: BlockNode;
}

/** A disk of the guest. */
export interface Disk {
  /** The name it is listed under: the device's id, else the drive's, else the node's. */
  readonly target: string;
  /** Every name by which it may be asked for. */
  readonly names: readonly string[];
  readonly qdev: string | undefined;
  /** The active node: the topmost one that is a format, not a filter. Undefined where there is no medium. */
  readonly node: string | undefined;
  readonly file: string | undefined;
  readonly format: string | undefined;
  readonly readonly: boolean;
  readonly removable: boolean;
  readonly virtualSize: number;
  readonly image: ImageInfo | undefined;
}

/** Nodes that stand above the one that holds the data (QAPI BlockdevDriver). */
const FILTERS = new Set([
  'throttle',
  'copy-on-read',
  'blkdebug',
  'blkverify',
  'blklogwrites',
  'blkreplay',
  'preallocate',
  'compress',
]);

/**
 * The guest's disks, in QEMU's order.
 * @param nodes the flat list of nodes, to see through filters.
 */
export function disksOf(devices: readonly BlockDevice[], nodes: readonly BlockNode[]): Disk[] {
  return devices.map((device) => diskOf(device, nodes));
}

function diskOf(device: BlockDevice, nodes: readonly BlockNode[]): Disk {
  const top = device.inserted;
  const active = top && belowFilters(top, nodes);
  const id = deviceId(device.qdev);
  const names = [id, device.device, device.qdev, active?.['node-name'], top?.['node-name']].filter(
    (name): name is string => name !== undefined && name !== '' && !name.startsWith('#block'),
  );
  return {
    target: names[0] ?? device.qdev ?? '',
    names: [...new Set(names)],
    qdev: device.qdev,
    node: active?.['node-name'],
    file: active?.file,
    format: active?.drv,
    readonly: active?.ro ?? true,
    removable: device.removable,
    virtualSize: active?.image['virtual-size'] ?? 0,
    image: active?.image,
  };
}

/** The id a user gave a device: the part after /machine/peripheral/, or a path that is no path. */
function deviceId(qdev: string | undefined): string | undefined {
  if (qdev === undefined) return undefined;
  if (!qdev.startsWith('/')) return qdev;
  return /^\/machine\/peripheral\/([^/]+)/.exec(qdev)?.[1];
}

/**
 * The node under the filters of a device. The flat list has no edges, but a filter's image is its child's:
 * the child is the one other node of that file that is a format.
 */
function belowFilters(top: BlockNode, nodes: readonly BlockNode[]): BlockNode {
  if (!FILTERS.has(top.drv)) return top;
  const below = nodes.filter(
    (node) =>
      !FILTERS.has(node.drv) && node.image.filename === top.image.filename && node.drv === top.image.format,
  );
  return below.length === 1 && below[0] ? below[0] : top;
}

/** @returns the disk of a name; undefined if none or more than one has it. */
export function findDisk(disks: readonly Disk[], name: string): Disk | undefined {
  const found = disks.filter((disk) => disk.names.includes(name));
  return found.length === 1 ? found[0] : undefined;
}

/** The files of an image and of all below it, top first. */
export function backingFiles(image: ImageInfo | undefined): string[] {
  const files: string[] = [];
  for (let level = image; level; level = level['backing-image']) files.push(level.filename);
  return files;
}

/** Snapshots that every one of the given disks has under the same name, oldest first. */
export function commonInternalSnapshots(disks: readonly Disk[]): InternalSnapshot[] {
  const [first, ...rest] = disks.filter((disk) => disk.format === 'qcow2');
  const has = (disk: Disk, name: string): boolean =>
    disk.image?.snapshots?.some((snapshot) => snapshot.name === name) ?? false;
  return [...(first?.image?.snapshots ?? [])].filter((snapshot) =>
    rest.every((disk) => has(disk, snapshot.name)),
  );
}
