import { queryBlockGraph } from '../../src/qmp/index.js';
import type { Guest } from '../../src/snapshot/guest.js';
import { guestDisks } from '../../src/snapshot/guest-disks.js';
import type { Method } from '../../src/snapshot/method.js';
import { planSnapshot } from '../../src/snapshot/plan.js';
import { parseSnapshotXml } from '../../src/snapshot/snapshot-description.js';
import { type SnapshotTaken, takeSnapshot } from '../../src/snapshot/take.js';

/** Takes a snapshot through the engine, as a driver does. @param flags VIR_DOMAIN_SNAPSHOT_CREATE_*. */
export async function take(
  guest: Guest,
  xml: string,
  flags: number,
  method?: Method,
): Promise<SnapshotTaken> {
  const description = parseSnapshotXml(xml);
  const disks = guestDisks(await queryBlockGraph(guest.qmp));
  const plan = planSnapshot({ ...description, name: description.name ?? '' }, flags, disks);
  const { running } = await guest.qmp.execute('query-status');
  return takeSnapshot(guest, plan, { flags, method, xml, running, signal: new AbortController().signal });
}

/** The files that the guest's disks are on now. */
export async function activeFiles(guest: Guest): Promise<string[]> {
  return guestDisks(await queryBlockGraph(guest.qmp)).map(({ medium }) => medium?.file ?? '');
}
