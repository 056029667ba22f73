import { DOMParser, type Element, type Node } from '@xmldom/xmldom';

export type SnapshotLocation = 'internal' | 'external';

/** One disk of a snapshot's description. */
export interface DescribedDisk {
  readonly name: string;
  readonly snapshot: string | undefined;
  /** The new image of an external snapshot: a file or a device. */
  readonly file: string | undefined;
  /** Format of the new image. */
  readonly driver: string | undefined;
  /** `file` unless told otherwise. */
  readonly type: string;
}

/** A snapshot's description as a hypervisor gives it, or as a user wrote it. */
export interface SnapshotDescription {
  /** Undefined if the hypervisor is to make one up. */
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** `running`, `paused`, `shutoff`, `disk-snapshot` and so on. */
  readonly state: string | undefined;
  /** Seconds since 1970. */
  readonly creationTime: bigint | undefined;
  readonly parent: string | undefined;
  readonly memory: { readonly snapshot: string | undefined; readonly file: string | undefined } | undefined;
  readonly disks: readonly DescribedDisk[];
  /** Any part outside the disk images makes a snapshot external. */
  readonly location: SnapshotLocation;
}

/** It is well-formed, but something else. */
export class NoSnapshotXml extends Error {
  override readonly name = 'NoSnapshotXml';

  constructor(root: string | undefined) {
    super(`expecting root element of 'domainsnapshot', not '${root}'`);
  }
}

/** Reads domainsnapshot XML. @throws Error it is not well-formed; NoSnapshotXml. */
export function parseSnapshotXml(xml: string): SnapshotDescription {
  const parser = new DOMParser({
    onError: (level, message) => {
      if (level !== 'warning') throw new Error(message);
    },
  });
  const root = parser.parseFromString(xml, 'text/xml').documentElement;
  if (root?.nodeName !== 'domainsnapshot') throw new NoSnapshotXml(root?.nodeName);
  const [memory] = children(root, 'memory');
  const state = text(root, 'state');
  const [parent] = children(root, 'parent');
  const creationTime = text(root, 'creationTime')?.trim();
  const disks = children(root, 'disks')
    .flatMap((list) => children(list, 'disk'))
    .map(describeDisk);
  // Snapshots from before libvirt 1.0.1 have no memory element; their disk-only ones were the external ones.
  const external = memory
    ? memory.getAttribute('snapshot') === 'external' || disks.some((disk) => disk.snapshot === 'external')
    : state === 'disk-snapshot';
  return {
    name: text(root, 'name'),
    description: text(root, 'description'),
    state,
    creationTime: creationTime && /^-?\d+$/.test(creationTime) ? BigInt(creationTime) : undefined,
    parent: parent && text(parent, 'name'),
    memory: memory && { snapshot: value(memory, 'snapshot'), file: value(memory, 'file') },
    disks,
    location: external ? 'external' : 'internal',
  };
}

function describeDisk(disk: Element): DescribedDisk {
  const [source] = children(disk, 'source');
  const [driver] = children(disk, 'driver');
  return {
    name: value(disk, 'name') ?? '',
    snapshot: value(disk, 'snapshot'),
    file: source && (value(source, 'file') ?? value(source, 'dev')),
    driver: driver && value(driver, 'type'),
    type: value(disk, 'type') ?? 'file',
  };
}

const isElement = (node: Node): node is Element => node.nodeType === 1;

const children = (parent: Element, name: string): Element[] =>
  Array.from(parent.childNodes)
    .filter(isElement)
    .filter((child) => child.nodeName === name);

/** The text of a child; undefined if there is none or it is empty. */
const text = (parent: Element, name: string): string | undefined =>
  children(parent, name)[0]?.textContent || undefined;

const value = (element: Element, name: string): string | undefined => element.getAttribute(name) || undefined;
