import { basename, dirname, join } from 'node:path';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_XML_ERROR,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { findDisk, type GuestDisk, type Medium } from './guest-disks.js';
import type { SnapshotDescription } from './snapshot-description.js';

/** A disk that gets an overlay. */
export interface ExternalDisk {
  readonly disk: GuestDisk;
  readonly medium: Medium;
  /** The overlay. */
  readonly file: string;
  readonly format: 'qcow2' | 'qed';
  readonly type: 'file' | 'block';
  /** The overlay exists and was prepared by the user. */
  readonly reuse: boolean;
}

/** What a snapshot consists of, decided before anything is touched. */
export interface SnapshotPlan {
  readonly name: string;
  readonly memory: 'no' | 'internal' | 'external';
  readonly memoryFile: string | undefined;
  readonly external: readonly ExternalDisk[];
  readonly internal: readonly { readonly disk: GuestDisk; readonly medium: Medium }[];
  readonly left: readonly GuestDisk[];
}

const unsupported = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, {
    code: VIR_ERR_CONFIG_UNSUPPORTED,
    domain: VIR_FROM_DOMAIN_SNAPSHOT,
  });

const malformed = (text: string): HypervisorError =>
  new HypervisorError(`XML error: ${text}`, { code: VIR_ERR_XML_ERROR, domain: VIR_FROM_DOMAIN_SNAPSHOT });

/**
 * Decides what becomes of each disk and of the memory, as libvirt does (virDomainSnapshotAlignDisks): what the request
 * doesn't say follows from whether memory goes to a file or the disks alone are taken.
 * @throws HypervisorError in libvirt's words.
 */
export function planSnapshot(
  request: SnapshotDescription & { readonly name: string },
  flags: number,
  disks: readonly GuestDisk[],
): SnapshotPlan {
  const diskOnly = (flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) !== 0;
  const memory = planMemory(request, diskOnly);
  const usual = diskOnly || memory === 'external' ? 'external' : 'internal';
  const asked = alignRequests(request, disks, diskOnly ? undefined : usual);

  const external: ExternalDisk[] = [];
  const internal: { disk: GuestDisk; medium: Medium }[] = [];
  const left: GuestDisk[] = [];
  for (const disk of disks) {
    const wish = asked.get(disk);
    const { medium } = disk;
    const mode = wish?.mode ?? (medium && !medium.readonly ? usual : 'no');
    if (mode === 'no') left.push(disk);
    // The guest would have to stand still until its user has copied the disk, with nobody to watch over it.
    else if (mode === 'manual')
      throw unsupported(`snapshot mode 'manual' of disk '${disk.target}' is not supported`);
    else if (!medium) throw unsupported(`unsupported empty disk '${disk.target}' for snapshot`);
    else if (medium.readonly)
      throw unsupported(`disk '${disk.target}' is read-only and cannot take part in the snapshot`);
    else if (medium.busy) throw unsupported(`disk '${disk.target}' is in use by a block job`);
    else if (mode === 'internal') internal.push({ disk, medium });
    else external.push(externalDisk(request.name, disk, medium, wish, flags));
  }
  checkMixture(memory, external, internal, left, diskOnly);
  if (internal.length > 0) checkInternalName(request.name);
  return { name: request.name, memory, memoryFile: request.memory?.file, external, internal, left };
}

function planMemory({ memory }: SnapshotDescription, diskOnly: boolean): SnapshotPlan['memory'] {
  const mode = memory?.snapshot ?? (memory?.file ? 'external' : diskOnly ? 'no' : 'internal');
  if (mode === 'manual') throw malformed("'manual' memory snapshot mode not supported");
  if (mode !== 'no' && mode !== 'internal' && mode !== 'external') {
    throw malformed(`Invalid value for attribute 'snapshot' in element 'memory': '${mode}'.`);
  }
  if (memory?.file && mode !== 'external') {
    throw malformed(`memory filename '${memory.file}' requires external snapshot`);
  }
  if (mode === 'external' && !memory?.file) throw malformed('external memory snapshots require a filename');
  if (memory?.file && !memory.file.startsWith('/')) {
    throw malformed(`memory snapshot file path (${memory.file}) must be absolute`);
  }
  if (diskOnly && mode !== 'no') {
    throw malformed('memory state cannot be saved with offline or disk-only snapshot');
  }
  return mode;
}

type Wish = SnapshotDescription['disks'][number];

const modes = ['no', 'internal', 'external', 'manual'] as const;
/** virStorageType and virStorageFileFormat. */
const types = 'file block dir network volume nvme vhostuser vhostvdpa'.split(' ');
const formats = 'raw dir bochs cloop dmg iso vpc vdi fat vhd ploop cow qcow qcow2 qed vmdk'.split(' ');

/** A request that is not malformed. */
interface Aligned extends Wish {
  readonly mode: (typeof modes)[number] | undefined;
}

function checkWish(wish: Wish): Aligned {
  if (wish.name === '') {
    throw new HypervisorError('internal error: missing name from disk snapshot element', {
      code: VIR_ERR_INTERNAL_ERROR,
      domain: VIR_FROM_DOMAIN_SNAPSHOT,
    });
  }
  const mode = modes.find((each) => each === wish.snapshot);
  if (wish.snapshot !== undefined && mode === undefined) {
    throw malformed(`Invalid value for attribute 'snapshot' in element 'disk': '${wish.snapshot}'.`);
  }
  if (!types.includes(wish.type)) {
    throw malformed(`Invalid value for attribute 'type' in element 'disk': '${wish.type}'.`);
  }
  if (wish.type === 'volume' || wish.type === 'dir') {
    throw malformed(`unsupported disk snapshot type '${wish.type}'`);
  }
  if (wish.driver !== undefined && !formats.includes(wish.driver)) {
    throw unsupported(`unknown disk snapshot driver '${wish.driver}'`);
  }
  if (wish.file !== undefined && !wish.file.startsWith('/')) {
    throw malformed(`disk snapshot image path '${wish.file}' must be absolute`);
  }
  // A file or a format makes an unspecified disk external.
  const external = mode === undefined && (wish.file !== undefined || wish.driver !== undefined);
  return { ...wish, mode: external ? 'external' : mode };
}

/** @param match what every disk must be that is named; undefined for anything. */
function alignRequests(
  request: SnapshotDescription,
  disks: readonly GuestDisk[],
  match: 'internal' | 'external' | undefined,
): Map<GuestDisk, Aligned> {
  const wishes = request.disks.map(checkWish);
  if (wishes.length > disks.length) throw unsupported('too many disk snapshot requests for domain');
  const asked = new Map<GuestDisk, Aligned>();
  for (const wish of wishes) {
    const disk = findDisk(disks, wish.name);
    if (!disk) throw unsupported(`no disk named '${wish.name}'`);
    if (asked.has(disk)) throw unsupported(`disk '${wish.name}' specified twice`);
    if (match === 'internal' && wish.mode !== undefined && wish.mode !== match) {
      throw unsupported(`disk '${wish.name}' must use snapshot mode '${match}'`);
    }
    const internal = wish.mode !== undefined && wish.mode !== 'external';
    if (wish.file !== undefined && (internal || match === 'internal')) {
      throw unsupported(`file '${wish.file}' for disk '${wish.name}' requires use of external snapshot mode`);
    }
    asked.set(disk, wish);
  }
  return asked;
}

/** QEMU keeps no more of a name, and would find the snapshot under none. */
const INTERNAL_NAME_BYTES = 255;

function checkInternalName(name: string): void {
  if (Buffer.byteLength(name) > INTERNAL_NAME_BYTES) {
    throw unsupported(`the name of an internal snapshot may have ${INTERNAL_NAME_BYTES} bytes at most`);
  }
}

function externalDisk(
  name: string,
  disk: GuestDisk,
  medium: Medium,
  wish: Wish | undefined,
  flags: number,
): ExternalDisk {
  const format = wish?.driver ?? 'qcow2';
  if (format !== 'qcow2' && format !== 'qed') {
    throw unsupported(`external snapshot format for disk ${disk.target} is unsupported: ${format}`);
  }
  const type = wish?.type ?? 'file';
  if (type !== 'file' && type !== 'block') {
    throw unsupported(`external active snapshots are not supported on '${type}' disks`);
  }
  const file = wish?.file ?? overlayName(name, disk, medium);
  const reuse = (flags & VIR_DOMAIN_SNAPSHOT_CREATE_REUSE_EXT) !== 0;
  return { disk, medium, file, format, type, reuse };
}

/** The name that libvirt makes up: the image's, with the snapshot's in place of its ending. */
function overlayName(name: string, disk: GuestDisk, medium: Medium): string {
  if (!medium.file.startsWith('/')) {
    throw unsupported(`cannot generate external snapshot name for disk '${disk.target}' without source`);
  }
  if (name.includes('/')) {
    throw unsupported(
      `cannot generate external snapshot name for disk '${disk.target}': '${name}' holds a '/'`,
    );
  }
  const base = basename(medium.file);
  const dot = base.lastIndexOf('.');
  return join(dirname(medium.file), `${dot > 0 ? base.slice(0, dot) : base}.${name}`);
}

const ALL_DISKS = 'internal and full system snapshots require all disks to be selected for snapshot';

function checkMixture(
  memory: SnapshotPlan['memory'],
  external: readonly ExternalDisk[],
  internal: readonly { readonly disk: GuestDisk; readonly medium: Medium }[],
  left: readonly GuestDisk[],
  diskOnly: boolean,
): void {
  if (memory === 'internal' && internal.length === 0) throw unsupported(ALL_DISKS);
  if (memory === 'no' && external.length + internal.length === 0) {
    throw unsupported(
      diskOnly
        ? 'disk-only snapshots require at least one disk to be selected for snapshot'
        : 'nothing selected for snapshot',
    );
  }
  const mixed =
    (external.length > 0 && internal.length > 0) ||
    (memory === 'internal' && external.length > 0) ||
    (memory === 'external' && internal.length > 0);
  if (mixed) {
    throw unsupported('mixing internal and external targets for a snapshot is not yet supported');
  }
  if (memory === 'internal') {
    const writable = left.find(({ medium }) => medium && !medium.readonly);
    if (writable) throw unsupported(ALL_DISKS);
  }
  for (const { disk, medium } of internal) {
    if (medium.format !== 'qcow2') {
      throw unsupported(
        `internal snapshot for disk ${disk.target} unsupported for storage type ${medium.format}`,
      );
    }
  }
  const files = external.map(({ file }) => file);
  const twice = files.find((file, index) => files.indexOf(file) !== index);
  if (twice !== undefined) throw unsupported(`snapshot file '${twice}' is used for more than one disk`);
}
