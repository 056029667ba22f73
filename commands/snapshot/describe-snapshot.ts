import type { Snapshot } from '../../src/hypervisor/index.js';
import type { SnapshotDescription } from '../../src/snapshot/snapshot-description.js';

/** Reads a snapshot's XML. The parser is loaded only here, so that help and completion don't wait for it. */
export async function describeSnapshot(snapshot: Snapshot): Promise<SnapshotDescription> {
  const { parseSnapshotXml } = await import('../../src/snapshot/snapshot-description.js');
  return parseSnapshotXml(await snapshot.getXMLDesc());
}
