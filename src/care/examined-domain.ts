import type { DomainCareFacts, NamedImage } from '../hypervisor/index.js';
import type { SnapshotDescription } from '../snapshot/snapshot-description.js';

/** An image as its file is. */
export interface ExaminedImage extends NamedImage {
  /** What is wrong with it: it is gone, is not of that format, or is no file of this machine. */
  readonly problem:
    | { readonly kind: 'missing' | 'unreadable' | 'elsewhere'; readonly text: string }
    | undefined;
  /** Bytes that the guest sees, and on the host's disk. */
  readonly size: number | undefined;
  readonly bytes: number | undefined;
  /** What it lies on by its own header; undefined if on nothing. */
  readonly backing: string | undefined;
  /** The format of that; undefined if the header doesn't tell. */
  readonly backingFormat: string | undefined;
  /** Names of the snapshots inside. */
  readonly tags: readonly string[];
  readonly owner: { readonly uid: number; readonly gid: number; readonly mode: number } | undefined;
}

export interface ExaminedDisk {
  readonly target: string;
  readonly readonly: boolean;
  /** Top first; empty where no medium is in it. */
  readonly images: readonly ExaminedImage[];
  /** How many of them the hypervisor told of; the rest was found by the images' headers. */
  readonly told: number;
}

/** A file that a snapshot needs. */
export interface SnapshotFile {
  readonly file: string;
  /** `base` holds a disk's state of that moment, `overlay` what the guest wrote from then on. */
  readonly part: 'base' | 'overlay' | 'memory';
  /** The disk's target. */
  readonly disk: string | undefined;
  readonly format: string | undefined;
}

export interface ExaminedSnapshot {
  readonly name: string;
  readonly description: SnapshotDescription;
  readonly files: readonly SnapshotFile[];
  readonly xml: string;
}

/** A domain with everything that is kept of it in files. */
export interface ExaminedDomain {
  readonly name: string;
  readonly uuid: string;
  readonly running: boolean;
  /** What the monitor of a bare QEMU tells; undefined on libvirt. */
  readonly facts: DomainCareFacts | undefined;
  readonly stateFolder: string;
  /** Its descriptions: of now, and of its next start where that is another. */
  readonly descriptions: readonly string[];
  readonly disks: readonly ExaminedDisk[];
  readonly snapshots: readonly ExaminedSnapshot[];
}

export interface ImageOwners {
  /** Snapshots whose state of the disk is in this image. */
  readonly holds: readonly string[];
  /** The snapshot that made the image. */
  readonly madeBy: string | undefined;
}

/** What an image of a disk's chain is to the domain's snapshots. */
export function ownersOf(image: ExaminedImage, target: string, domain: ExaminedDomain): ImageOwners {
  const has = (snapshot: ExaminedSnapshot, part: SnapshotFile['part']): boolean =>
    snapshot.files.some((each) => each.part === part && each.disk === target && each.file === image.file);
  const frozen = domain.snapshots.filter((snapshot) => has(snapshot, 'base')).map(({ name }) => name);
  const maker = domain.snapshots.find((snapshot) => has(snapshot, 'overlay'));
  return { holds: [...new Set([...frozen, ...image.tags])], madeBy: maker?.name };
}
