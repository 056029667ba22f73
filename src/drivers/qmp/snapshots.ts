import { randomBytes } from 'node:crypto';
import {
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
  VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY,
  VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS,
  VIR_DOMAIN_SNAPSHOT_LIST_ROOTS,
  VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
  VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_NO_DOMAIN_SNAPSHOT,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { DomainSnapshots, Snapshot, SnapshotFacts } from '../../hypervisor/snapshots.js';
import { type QmpClient, queryBlockGraph, runJob } from '../../qmp/index.js';
import { guestDisks } from '../../snapshot/guest-disks.js';
import { childrenOf, descendantsOf, filterSnapshots } from '../../snapshot/snapshot-tree.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';
import { createSnapshot } from './snapshot-create.js';
import { withParent } from './snapshot-document.js';
import { allSnapshots, type ListedSnapshot, storeOf } from './snapshot-list.js';
import { withUnsupported } from './unsupported.js';

/** Loading or deleting state inside an image takes as long as its memory takes to read. */
const JOB_TIMEOUT_MS = 30 * 60_000;

type Snapshots = Pick<
  DomainSnapshots,
  | 'snapshotCreateXML'
  | 'snapshotLookupByName'
  | 'snapshotCurrent'
  | 'hasCurrentSnapshot'
  | 'snapshotNum'
  | 'snapshotListNames'
  | 'listAllSnapshots'
>;

const failure = (code: number, message: string): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_DOMAIN_SNAPSHOT });

const notFound = (name: string): HypervisorError =>
  failure(
    VIR_ERR_NO_DOMAIN_SNAPSHOT,
    `Domain snapshot not found: no domain snapshot with matching name '${name}'`,
  );

/** A bare QEMU's snapshots. */
export function snapshots(domain: BareDomain): Snapshots {
  const list = async (flags: number): Promise<Snapshot[]> =>
    inModel(async () => {
      const all = await allSnapshots(domain);
      const selected =
        (flags & VIR_DOMAIN_SNAPSHOT_LIST_ROOTS) !== 0
          ? childrenOf(all, undefined)
          : descendantsOf(all, undefined);
      return filterSnapshots(selected, all, flags, ({ inStore }) => inStore).map(({ name }) =>
        snapshot(domain, name),
      );
    });
  return {
    snapshotCreateXML: (xml, flags = 0, options = {}) =>
      inModel(async () => {
        const { name, taken } = await createSnapshot(domain, xml, flags, options);
        return snapshot(domain, name, taken);
      }),
    snapshotLookupByName: (name) =>
      inModel(async () => {
        await findSnapshot(domain, name);
        return snapshot(domain, name);
      }),
    snapshotCurrent: () =>
      inModel(async () => {
        const name = await storeOf(domain).current();
        if (name === undefined) {
          throw failure(
            VIR_ERR_NO_DOMAIN_SNAPSHOT,
            'Domain snapshot not found: the domain does not have a current snapshot',
          );
        }
        return snapshot(domain, name);
      }),
    hasCurrentSnapshot: async () => (await storeOf(domain).current()) !== undefined,
    snapshotNum: async (flags = 0) => (await list(flags)).length,
    snapshotListNames: async (flags = 0) => (await list(flags)).map(({ name }) => name),
    listAllSnapshots: (flags = 0) => list(flags),
  };
}

async function findSnapshot(domain: BareDomain, name: string): Promise<ListedSnapshot> {
  const found = (await allSnapshots(domain)).find((each) => each.name === name);
  if (!found) throw notFound(name);
  return found;
}

function snapshot(domain: BareDomain, name: string, taken?: SnapshotFacts): Snapshot {
  const children = async (flags: number): Promise<ListedSnapshot[]> => {
    const all = await allSnapshots(domain);
    const deep = (flags & VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS) !== 0;
    const selected = deep ? descendantsOf(all, name) : childrenOf(all, name);
    return filterSnapshots(selected, all, flags, ({ inStore }) => inStore);
  };
  const known: Partial<Snapshot> = {
    name,
    domainName: domain.identity.name,
    taken,
    getXMLDesc: () => inModel(async () => (await findSnapshot(domain, name)).xml),
    getParent: () =>
      inModel(async () => {
        const { parent } = (await findSnapshot(domain, name)).description;
        if (parent === undefined) {
          throw failure(
            VIR_ERR_NO_DOMAIN_SNAPSHOT,
            `Domain snapshot not found: snapshot '${name}' does not have a parent`,
          );
        }
        return snapshot(domain, parent);
      }),
    numChildren: (flags = 0) => inModel(async () => (await children(flags)).length),
    listChildrenNames: (flags = 0) => inModel(async () => (await children(flags)).map((child) => child.name)),
    listAllChildren: (flags = 0) =>
      inModel(async () => (await children(flags)).map((child) => snapshot(domain, child.name))),
    isCurrent: async () => (await storeOf(domain).current()) === name,
    hasMetadata: () => inModel(async () => (await findSnapshot(domain, name)).inStore),
    revert: (flags = 0) => inModel(() => revert(domain, name, flags)),
    delete: (flags = 0) => inModel(() => remove(domain, name, flags)),
    free: async () => undefined,
  };
  return withUnsupported<Snapshot>(known, 'DomainSnapshot');
}

/** Names of the nodes that hold a snapshot of this name inside, the one with memory first. */
async function holders(qmp: QmpClient, name: string): Promise<string[]> {
  const media = guestDisks(await queryBlockGraph(qmp)).flatMap(({ medium }) => {
    const held = medium?.image.snapshots?.find((each) => each.name === name);
    return medium && held ? [{ node: medium.node, memory: held['vm-state-size'] }] : [];
  });
  return media.sort((a, b) => b.memory - a.memory).map(({ node }) => node);
}

/** Goes back to a snapshot inside the images. */
async function revert(domain: BareDomain, name: string, flags: number): Promise<void> {
  const { description } = await findSnapshot(domain, name);
  if (description.location === 'external') {
    throw failure(
      VIR_ERR_CONFIG_UNSUPPORTED,
      'unsupported configuration: revert to external snapshot not supported yet',
    );
  }
  const { qmp } = await domain.guest();
  const nodes = await holders(qmp, name);
  const [vmstate] = nodes;
  // A load of what isn't there would leave the guest stopped in state restore-vm.
  if (vmstate === undefined) {
    throw failure(
      VIR_ERR_OPERATION_INVALID,
      `Requested operation is not valid: no disk holds snapshot '${name}'`,
    );
  }
  if (description.memory?.snapshot !== 'internal' && description.state === 'disk-snapshot') {
    throw failure(
      VIR_ERR_OPERATION_INVALID,
      `Requested operation is not valid: snapshot '${name}' holds no memory: stop the guest and use qemu-img snapshot -a`,
    );
  }
  const { running } = await qmp.execute('query-status');
  const id = `snapctl-load-${randomBytes(4).toString('hex')}`;
  try {
    await runJob(
      qmp,
      id,
      () =>
        qmp.execute(
          'snapshot-load',
          { 'job-id': id, tag: name, vmstate, devices: nodes },
          { timeout: JOB_TIMEOUT_MS },
        ),
      { timeout: JOB_TIMEOUT_MS },
    );
  } catch (error) {
    if (running) await qmp.execute('cont').catch(() => undefined);
    throw error;
  }
  const paused = (flags & VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED) !== 0;
  const wanted = (flags & VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING) !== 0 || description.state === 'running';
  const now = await qmp.execute('query-status');
  if (wanted && !paused && !now.running) await qmp.execute('cont');
  if (paused && now.running) await qmp.execute('stop');
  await storeOf(domain).setCurrent(name);
}

async function remove(domain: BareDomain, name: string, flags: number): Promise<void> {
  const all = await allSnapshots(domain);
  const target = all.find((each) => each.name === name);
  if (!target) throw notFound(name);
  const only = (flags & VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY) !== 0;
  const below = only || (flags & VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN) !== 0 ? descendantsOf(all, name) : [];
  const doomed = [...below].reverse().concat(only ? [] : [target]);
  const metadataOnly = (flags & VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY) !== 0;
  const external = doomed.filter(({ description }) => description.location === 'external');
  if (!metadataOnly && external.length > 0) {
    throw failure(
      VIR_ERR_CONFIG_UNSUPPORTED,
      `unsupported configuration: deletion of ${external.length} external disk snapshots not supported yet`,
    );
  }
  for (const each of doomed) {
    if (!metadataOnly) await removeFromImages(domain, each.name);
    await forget(domain, each);
  }
}

async function removeFromImages(domain: BareDomain, name: string): Promise<void> {
  const { qmp } = await domain.guest();
  const nodes = await holders(qmp, name);
  if (nodes.length === 0) return;
  const id = `snapctl-delete-${randomBytes(4).toString('hex')}`;
  await runJob(
    qmp,
    id,
    () =>
      qmp.execute(
        'snapshot-delete',
        { 'job-id': id, tag: name, devices: nodes },
        { timeout: JOB_TIMEOUT_MS },
      ),
    { timeout: JOB_TIMEOUT_MS },
  );
}

/** Takes a snapshot out of the store; its children get its parent, and if it was the current one, so does that. */
async function forget(
  domain: BareDomain,
  { name, description: { parent }, inStore }: ListedSnapshot,
): Promise<void> {
  if (!inStore) return;
  const store = storeOf(domain);
  const wasCurrent = (await store.current()) === name;
  for (const child of childrenOf(await store.list(), name)) {
    await store.put(child.name, withParent(child.xml, parent));
  }
  await store.remove(name);
  if (wasCurrent) await store.setCurrent(parent);
}
