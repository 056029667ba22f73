import {
  formatKeys,
  formatStructured,
  isOn,
  isTree,
  type Keys,
  lastOf,
  parseKeys,
  parseStructured,
  type Structured,
  switchOf,
  type Tree,
  textOf,
  withKey,
  without,
} from './argv-keys.js';
import type { ArgvOption } from './argv-words.js';

/** A disk as a command line sets it up. */
export interface ArgvDisk {
  /** Every name by which QEMU may list it: the device's id, the drive's, the node's. */
  readonly names: readonly string[];
  /** The image; undefined for an empty drive, or what is no local file. */
  readonly file: string | undefined;
  /** No medium is in the drive. */
  readonly empty: boolean;
  readonly readonly: boolean;
  /** Where it stands: the option of the image. */
  readonly index: number;
}

/** What a disk is to lie on. */
export interface NewImage {
  readonly file: string;
  readonly format: string;
}

/** A disk can't be found out, or can't be rewritten. The message names the option. */
export class ArgvDiskError extends Error {
  override readonly name = 'ArgvDiskError';
}

/** Nodes that pass on what lies below them (QAPI BlockdevDriver). */
const FILTERS = new Set(['throttle', 'copy-on-read', 'blkdebug', 'blklogwrites', 'preallocate', 'compress']);
/** Nodes that are no format but the thing itself. */
const PROTOCOLS = new Set([
  'file',
  'host_device',
  'host_cdrom',
  'nbd',
  'iscsi',
  'rbd',
  'nvme',
  'ssh',
  'https',
]);

const SHORTCUTS: Readonly<Record<string, { index?: number; if?: string; media?: string }>> = {
  disk: { index: 0 },
  hda: { index: 0 },
  hdb: { index: 1 },
  hdc: { index: 2 },
  hdd: { index: 3 },
  cdrom: { index: 2, media: 'cdrom' },
  fda: { if: 'floppy', index: 0 },
  fdb: { if: 'floppy', index: 1 },
  pflash: { if: 'pflash' },
  mtdblock: { if: 'mtd' },
  sd: { if: 'sd' },
};

/** The disks of a command line. @param machine the resolved machine type, which decides where drives go. */
export function findArgvDisks(options: readonly ArgvOption[], machine: string): ArgvDisk[] {
  return [...findDrives(options, machine), ...findBlockdevs(options)];
}

/** The same command line with other images. @throws ArgvDiskError */
export function withImages(
  options: readonly ArgvOption[],
  images: readonly { readonly disk: ArgvDisk; readonly image: NewImage }[],
): ArgvOption[] {
  let result = [...options];
  for (const { disk, image } of images) {
    const option = result[disk.index];
    if (!option) throw new ArgvDiskError('the disk is not on the command line');
    result =
      option.name === 'blockdev'
        ? withBlockdev(result, disk.index, image)
        : result.map((each, index) => (index === disk.index ? driveWith(each, image) : each));
  }
  return withoutUnusedNodes(result);
}

/** Keys of the drive that an option stands for, its own or a shortcut's. */
function driveKeys({ name, value }: ArgvOption): Keys | undefined {
  if (name === 'drive') return parseKeys(value ?? '');
  const shortcut = SHORTCUTS[name];
  if (!shortcut) return undefined;
  const { index, if: bus, media } = shortcut;
  return [
    ['file', value],
    ...(bus === undefined ? [] : [['if', bus] as const]),
    ...(index === undefined ? [] : [['index', String(index)] as const]),
    ...(media === undefined ? [] : [['media', media] as const]),
  ];
}

function findDrives(options: readonly ArgvOption[], machine: string): ArgvDisk[] {
  const places = new DrivePlaces(machine);
  const deviceIds = deviceIdsByDrive(options);
  return options.flatMap((option, index): ArgvDisk[] => {
    const keys = driveKeys(option);
    if (!keys) return [];
    const implied = places.take(keys);
    const id = lastOf(keys, 'id') ?? implied;
    const node = lastOf(keys, 'node-name');
    const names = [...(deviceIds.get(id) ?? []), id, ...(node === undefined ? [] : [node])];
    const cdrom = lastOf(keys, 'media') === 'cdrom';
    const empty = !keys.some(([key, text]) => /^(file|driver)(\.|$)/.test(key) && text);
    return [{ names, file: driveFile(keys), empty, readonly: cdrom || isReadonly(keys), index }];
  });
}

const isReadonly = (keys: Keys): boolean =>
  switchOf(keys, 'readonly') ?? switchOf(keys, 'read-only') ?? false;

function driveFile(keys: Keys): string | undefined {
  const file = lastOf(keys, 'file', 'file.filename', 'file.file.filename')?.replace(/^file:/, '');
  // A prefix is a protocol: nbd:…, json:…, rbd:….
  return file === undefined || /^[a-z][a-z0-9+-]*:/.test(file) ? undefined : file || undefined;
}

/** Where drives go that don't say it, and what QEMU calls them then (drive_new in blockdev.c). */
class DrivePlaces {
  readonly #perBus: Readonly<Record<string, number>>;
  readonly #default: string;
  readonly #taken = new Set<string>();

  constructor(machine: string) {
    // A q35 machine has one disk on each of its SATA ports, a pc one has two on each IDE bus.
    this.#perBus = { ide: machine.includes('q35') ? 1 : 2, scsi: 7 };
    this.#default = /^(virt|s390)/.test(machine) ? 'virtio' : /^microvm/.test(machine) ? 'virtio' : 'ide';
  }

  take(keys: Keys): string {
    const bus = lastOf(keys, 'if') ?? this.#default;
    if (lastOf(keys, 'id') !== undefined && bus === 'none') return lastOf(keys, 'id') as string;
    const perBus = this.#perBus[bus] ?? 0;
    const media = bus === 'ide' || bus === 'scsi' ? (lastOf(keys, 'media') === 'cdrom' ? '-cd' : '-hd') : '';
    let number: number;
    const given = lastOf(keys, 'index');
    const [busNumber, unit] = [lastOf(keys, 'bus'), lastOf(keys, 'unit')];
    if (given !== undefined) number = Number(given);
    else if (busNumber !== undefined || unit !== undefined)
      number = Number(busNumber ?? 0) * Math.max(perBus, 1) + Number(unit ?? 0);
    else for (number = 0; this.#taken.has(`${bus} ${number}`); number++);
    this.#taken.add(`${bus} ${number}`);
    return perBus > 0
      ? `${bus}${Math.floor(number / perBus)}${media}${number % perBus}`
      : `${bus}${media}${number}`;
  }
}

/** Ids of the devices that use a drive or a node, by its name. */
function deviceIdsByDrive(options: readonly ArgvOption[]): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const { name, value = '' } of options) {
    if (name !== 'device') continue;
    const { tree } = parseStructured(value, 'driver');
    const [drive, id] = [textOf(tree, 'drive'), textOf(tree, 'id')];
    if (drive === undefined || id === undefined) continue;
    ids.set(drive, [...(ids.get(drive) ?? []), id]);
  }
  return ids;
}

/** What tells of the image that was there, and not of the drive. */
const OF_THE_IMAGE = /^(driver|format|file|file\..*|backing|backing\..*|encrypt\..*)$/;
/** A part of a raw image: an overlay of it would begin elsewhere. */
const WINDOW = ['offset', 'size'];

function driveWith(option: ArgvOption, image: NewImage): ArgvOption {
  const keys = driveKeys(option);
  if (!keys) throw new ArgvDiskError(`-${option.name} is no disk`);
  if (keys.some(([key]) => WINDOW.includes(key)))
    throw new ArgvDiskError(`-${option.name} ${option.value}: only a part of the image is used`);
  const kept = without(keys, (key) => OF_THE_IMAGE.test(key));
  const set = withKey(withKey(kept, 'file', image.file), 'format', image.format);
  return { name: 'drive', value: formatKeys(set) };
}

interface Node {
  readonly index: number;
  readonly structured: Structured;
}

function readNodes(options: readonly ArgvOption[]): Map<string, Node> {
  const nodes = new Map<string, Node>();
  options.forEach(({ name, value = '' }, index) => {
    if (name !== 'blockdev') return;
    const structured = parseStructured(value, 'driver');
    const node = textOf(structured.tree, 'node-name');
    if (node !== undefined) nodes.set(node, { index, structured });
  });
  return nodes;
}

/** Disks given by -blockdev: the nodes that devices (or the machine's pflash) are on. */
function findBlockdevs(options: readonly ArgvOption[]): ArgvDisk[] {
  const nodes = readNodes(options);
  const users = deviceIdsByDrive(options);
  const used = new Set(drivesInUse(options));
  return [...used].flatMap((name): ArgvDisk[] => {
    const names = [...(users.get(name) ?? []), name];
    let node = nodes.get(name);
    // Down through filters to what holds the data.
    for (let depth = 0; node && FILTERS.has(textOf(node.structured.tree, 'driver') ?? ''); depth++) {
      const below = node.structured.tree.file ?? node.structured.tree.image;
      if (typeof below !== 'string' || depth > 16) return [];
      names.push(below);
      node = nodes.get(below);
    }
    if (!node) return [];
    const { tree } = node.structured;
    return [
      {
        names: [...new Set(names)],
        file: fileBelow(tree, nodes),
        empty: false,
        readonly: isOn(tree['read-only']),
        index: node.index,
      },
    ];
  });
}

/** Drives and nodes that something of the machine is on. */
function drivesInUse(options: readonly ArgvOption[]): string[] {
  return options.flatMap(({ name, value = '' }) => {
    if (name === 'device') return [textOf(parseStructured(value, 'driver').tree, 'drive')].filter(isText);
    if (name !== 'machine' && name !== 'M') return [];
    return parseKeys(value, 'type')
      .filter(([key]) => /^pflash\d$/.test(key))
      .map(([, node]) => node)
      .filter(isText);
  });
}

const isText = (value: string | undefined): value is string => value !== undefined;

function fileBelow(tree: Tree, nodes: ReadonlyMap<string, Node>): string | undefined {
  let place: Tree | undefined = tree;
  for (let depth = 0; place && depth < 16; depth++) {
    const name = textOf(place, 'filename');
    if (name !== undefined) return name;
    const below: unknown = place.file;
    place = typeof below === 'string' ? nodes.get(below)?.structured.tree : isTree(below) ? below : undefined;
  }
  return undefined;
}

function withBlockdev(options: ArgvOption[], index: number, image: NewImage): ArgvOption[] {
  const option = options[index] as ArgvOption;
  const { style, tree } = parseStructured(option.value ?? '', 'driver');
  const name = textOf(tree, 'node-name') ?? '';
  const driver = textOf(tree, 'driver') ?? '';
  if (tree.encrypt !== undefined || driver === 'luks')
    throw new ArgvDiskError(`node '${name}' is encrypted, which an overlay of it would not be`);
  if (WINDOW.some((key) => tree[key] !== undefined))
    throw new ArgvDiskError(`node '${name}' is only a part of its image`);
  const kept = pick(tree, ['node-name', 'read-only', 'auto-read-only', 'cache', 'discard', 'detect-zeroes']);
  const file = PROTOCOLS.has(driver) ? tree : tree.file;
  const below = typeof file === 'string' ? file : undefined;
  const nodes = readNodes(options);
  const protocol = below === undefined ? file : nodes.get(below)?.structured.tree;
  const fresh = isTree(protocol) ? fileNode(protocol, image.file) : undefined;
  if (fresh === undefined)
    throw new ArgvDiskError(`the file below node '${name}' is not on the command line`);
  const inline = below === undefined;
  if (inline && PROTOCOLS.has(driver)) delete fresh['node-name'];
  const top: Tree = { driver: image.format, ...kept, file: inline ? fresh : below };
  return options.map((each, at) => {
    if (at === index) return { name: 'blockdev', value: formatStructured({ style, tree: top }) };
    const node = inline ? undefined : nodes.get(below);
    if (!node || at !== node.index) return each;
    return { name: 'blockdev', value: formatStructured({ style: node.structured.style, tree: fresh }) };
  });
}

/** A plain file in place of whatever it was. Asynchronous I/O is kept only where it was one as well. */
function fileNode(was: Tree, filename: string): Tree {
  const plain = ['file', 'host_device'].includes(textOf(was, 'driver') ?? '');
  const keep = ['node-name', 'read-only', 'auto-read-only', 'cache', 'discard', 'detect-zeroes'];
  return { driver: 'file', ...pick(was, plain ? [...keep, 'aio', 'locking'] : keep), filename };
}

const pick = (tree: Tree, keys: readonly string[]): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([key]) => keys.includes(key)));

/** Takes away nodes that only a replaced image was lying on: their files need not be there any more. */
function withoutUnusedNodes(options: readonly ArgvOption[]): ArgvOption[] {
  const nodes = readNodes(options);
  const reached = new Set<string>();
  const visit = (name: string): void => {
    const node = nodes.get(name);
    if (!node || reached.has(name)) return;
    reached.add(name);
    visitTree(node.structured.tree);
  };
  const visitTree = (tree: Tree): void => {
    for (const [key, value] of Object.entries(tree)) {
      if (key === 'node-name') continue;
      if (typeof value === 'string') visit(value);
      else if (isTree(value)) visitTree(value);
      else if (Array.isArray(value)) for (const each of value) if (typeof each === 'string') visit(each);
    }
  };
  // Whatever an option that is no node mentions is in use.
  for (const { name, value = '' } of options) {
    if (name === 'blockdev') continue;
    for (const node of nodes.keys()) if (mentions(value, node)) visit(node);
  }
  // A node without a name can't be mentioned, and one that nothing used before stays as it was.
  const unused = new Set([...nodes].filter(([name]) => !reached.has(name)).map(([, { index }]) => index));
  return options.filter((_, index) => !unused.has(index));
}

const mentions = (value: string, node: string): boolean =>
  new RegExp(`(^|[^A-Za-z0-9_.-])${node.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}($|[^A-Za-z0-9_.-])`).test(
    value,
  );
