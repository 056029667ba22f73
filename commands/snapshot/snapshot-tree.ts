import { stat } from 'node:fs/promises';
import type { Domain, Snapshot } from '../../src/hypervisor/index.js';
import { attributeAt, domainDocument, elementsAt } from '../../src/shell/index.js';
import type { SnapshotDescription } from '../../src/snapshot/snapshot-description.js';
import { vmStateSizes } from '../../src/snapshot/vm-state.js';
import { describeSnapshot } from './describe-snapshot.js';

/** A file that belongs to a snapshot. */
export interface SnapshotFile {
  /** `memory`, or the disk that was switched to it. */
  readonly what: string;
  readonly file: string;
  /** Bytes on the host's disk; undefined if it can't be read from here. */
  readonly bytes: number | undefined;
}

/** A snapshot with what a person wants to know of it. */
export interface SnapshotFacts {
  readonly snapshot: Snapshot;
  readonly name: string;
  readonly description: SnapshotDescription;
  readonly current: boolean;
  /** `internal`, `external`, `disk-only` */
  readonly kind: string;
  /** It holds the guest's memory. */
  readonly memory: boolean;
  readonly files: readonly SnapshotFile[];
  /** Bytes that it takes, as far as can be told: its files, or the memory inside the image. */
  readonly bytes: number | undefined;
}

/** A disk as the domain uses it now. */
export interface DomainDisk {
  readonly target: string;
  readonly file: string;
  readonly format: string;
}

/** The disks of a domain that are files here. */
export async function disksOfDomain(domain: Domain): Promise<DomainDisk[]> {
  const root = await domainDocument(domain);
  return elementsAt(root, 'devices', 'disk').flatMap((disk) => {
    const file = attributeAt(disk, ['source'], 'file', 'dev');
    const target = attributeAt(disk, ['target'], 'dev');
    const format = attributeAt(disk, ['driver'], 'type') ?? 'raw';
    return file === undefined || target === undefined ? [] : [{ target, file, format }];
  });
}

/** Everything about a domain's snapshots, in the order given. What has gone meanwhile is left out. */
export async function snapshotFacts(
  domain: Domain,
  snapshots: readonly Snapshot[],
): Promise<SnapshotFacts[]> {
  const states = new Map<string, number>();
  const internalSizes = async (): Promise<void> => {
    for (const { file, format } of await disksOfDomain(domain)) {
      if (format !== 'qcow2') continue;
      const sizes = await vmStateSizes(file).catch(() => new Map<string, number>());
      for (const [name, bytes] of sizes) states.set(name, (states.get(name) ?? 0) + bytes);
    }
  };
  const facts: SnapshotFacts[] = [];
  let asked = false;
  for (const snapshot of snapshots) {
    const description = await describeSnapshot(snapshot).catch(() => undefined);
    if (!description) continue;
    const { memory: saved, state, location } = description;
    const memory = saved?.snapshot !== undefined && saved.snapshot !== 'no';
    if (location === 'internal' && memory && !asked) {
      asked = true;
      await internalSizes().catch(() => undefined);
    }
    const files = await filesOf(description);
    const known = files.filter(({ bytes }) => bytes !== undefined);
    facts.push({
      snapshot,
      name: snapshot.name,
      description,
      current: await snapshot.isCurrent().catch(() => false),
      kind: state === 'disk-snapshot' ? 'disk-only' : location,
      memory,
      files,
      bytes:
        known.length > 0
          ? known.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
          : location === 'internal'
            ? states.get(snapshot.name)
            : undefined,
    });
  }
  return facts;
}

async function filesOf({ memory, disks }: SnapshotDescription): Promise<SnapshotFile[]> {
  const named = [
    ...(memory?.file === undefined ? [] : [{ what: 'memory', file: memory.file }]),
    ...disks.flatMap(({ name, snapshot, file }) =>
      snapshot === 'external' && file !== undefined ? [{ what: name, file }] : [],
    ),
  ];
  return Promise.all(
    named.map(async ({ what, file }) => ({
      what,
      file,
      // In blocks of 512 bytes: an image has holes.
      bytes: await stat(file).then(
        ({ blocks }) => blocks * 512,
        () => undefined,
      ),
    })),
  );
}
