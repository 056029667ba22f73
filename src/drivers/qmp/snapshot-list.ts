import { commonInternalSnapshots, disksOf } from '../../snapshot/guest-disks.js';
import { parseSnapshotXml } from '../../snapshot/snapshot-description.js';
import { SnapshotStore, type StoredSnapshot } from '../../snapshot/snapshot-store.js';
import type { BareDomain } from './bare-domain.js';
import { foreignDocument } from './snapshot-document.js';

/** A snapshot of a bare QEMU: ours, or one that only its images know of. */
export interface ListedSnapshot extends StoredSnapshot {
  readonly inStore: boolean;
}

export const storeOf = (domain: BareDomain): SnapshotStore => new SnapshotStore(domain.folder);

/**
 * Every snapshot of the domain, oldest first: the store's, and what the images hold besides. The store's alone while
 * another of us has the monitor, since that is what can be told then.
 */
export async function allSnapshots(domain: BareDomain): Promise<ListedSnapshot[]> {
  const stored = (await storeOf(domain).list()).map((snapshot) => ({ ...snapshot, inStore: true }));
  if (await domain.held()) return stored;
  const known = new Set(stored.map(({ name }) => name));
  const disks = await disksOf(await domain.guest());
  const targets = disks.filter(({ medium }) => medium && !medium.readonly).map(({ target }) => target);
  const foreign = commonInternalSnapshots(disks)
    .filter(({ name }) => !known.has(name))
    .map((snapshot) => {
      const xml = foreignDocument(snapshot, targets);
      return { name: snapshot.name, description: parseSnapshotXml(xml), xml, inStore: false };
    });
  const time = ({ description }: ListedSnapshot): number => Number(description.creationTime ?? 0);
  return [...stored, ...foreign].sort((a, b) => time(a) - time(b));
}
