import {
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
  VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
  VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY,
  VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS,
  VIR_DOMAIN_SNAPSHOT_LIST_ROOTS,
  VIR_DOMAIN_SNAPSHOT_REVERT_FORCE,
  VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
  VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM,
  VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_DOMAIN_SNAPSHOT,
  VIR_ERR_OPERATION_DENIED,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type {
  DomainSnapshots,
  Snapshot,
  SnapshotDeleteOptions,
  SnapshotFacts,
  SnapshotRevertOptions,
} from '../../hypervisor/snapshots.js';
import { halfDeletedDisks } from '../../snapshot/delete-document.js';
import { deleteInternal, revertInternal } from '../../snapshot/operate-internal.js';
import { childrenOf, descendantsOf, filterSnapshots } from '../../snapshot/snapshot-tree.js';
import { forgetSnapshot } from '../../snapshot/stored-parent.js';
import type { BareDomain } from './bare-domain.js';
import { checkFree } from './check-free.js';
import { inModel } from './errors.js';
import { describeRevert, revertExternal } from './revert.js';
import { fromSnapshot, rememberReason } from './run-reason.js';
import { createSnapshot } from './snapshot-create.js';
import { deleteExternal, describeDelete } from './snapshot-delete.js';
import { allSnapshots, type ListedSnapshot, storeOf } from './snapshot-list.js';
import { withUnsupported } from './unsupported.js';

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

/** A bare QEMU's snapshots. @param readonly refuse what changes one, as libvirt does. */
export function snapshots(domain: BareDomain, readonly: boolean): Snapshots {
  const list = async (flags: number): Promise<Snapshot[]> =>
    inModel(async () => {
      const all = await allSnapshots(domain);
      const selected =
        (flags & VIR_DOMAIN_SNAPSHOT_LIST_ROOTS) !== 0
          ? childrenOf(all, undefined)
          : descendantsOf(all, undefined);
      return filterSnapshots(selected, all, flags, ({ inStore }) => inStore).map(({ name }) =>
        snapshot(domain, name, readonly),
      );
    });
  return {
    snapshotCreateXML: (xml, flags = 0, options = {}) =>
      inModel(async () => {
        const { name, taken } = await createSnapshot(domain, xml, flags, options);
        return snapshot(domain, name, readonly, taken);
      }),
    snapshotLookupByName: (name) =>
      inModel(async () => {
        await findSnapshot(domain, name);
        return snapshot(domain, name, readonly);
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
        return snapshot(domain, name, readonly);
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

function snapshot(domain: BareDomain, name: string, readonly: boolean, taken?: SnapshotFacts): Snapshot {
  const children = async (flags: number): Promise<ListedSnapshot[]> => {
    const all = await allSnapshots(domain);
    const deep = (flags & VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS) !== 0;
    const selected = deep ? descendantsOf(all, name) : childrenOf(all, name);
    return filterSnapshots(selected, all, flags, ({ inStore }) => inStore);
  };
  const changing = (call: string, work: () => Promise<void>): Promise<void> =>
    inModel(async () => {
      if (readonly) {
        throw failure(VIR_ERR_OPERATION_DENIED, `operation forbidden: read only access prevents ${call}`);
      }
      await checkFree(domain);
      await work();
    });
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
        return snapshot(domain, parent, readonly);
      }),
    numChildren: (flags = 0) => inModel(async () => (await children(flags)).length),
    listChildrenNames: (flags = 0) => inModel(async () => (await children(flags)).map((child) => child.name)),
    listAllChildren: (flags = 0) =>
      inModel(async () => (await children(flags)).map((child) => snapshot(domain, child.name, readonly))),
    isCurrent: async () => (await storeOf(domain).current()) === name,
    hasMetadata: () => inModel(async () => (await findSnapshot(domain, name)).inStore),
    revert: (flags = 0, options = {}) =>
      changing('virDomainRevertToSnapshot', () => revert(domain, name, flags, options)),
    planRevert: (flags = 0) =>
      inModel(async () => {
        const found = await findSnapshot(domain, name);
        if (found.description.location === 'external') return describeRevert(domain, found, flags);
        throw failure(
          VIR_ERR_CONFIG_UNSUPPORTED,
          'unsupported configuration: an internal snapshot is loaded by the QEMU that runs',
        );
      }),
    delete: (flags = 0, options = {}) =>
      changing('virDomainSnapshotDelete', () => remove(domain, name, flags, options)),
    planDelete: (flags = 0) =>
      inModel(async () => {
        const { all, doomed } = await selectDoomed(domain, name, flags);
        return describeDelete(domain, doomed, all);
      }),
    free: async () => undefined,
  };
  return withUnsupported<Snapshot>(known, 'DomainSnapshot');
}

/** Goes back to a snapshot, inside the images or outside. */
async function revert(
  domain: BareDomain,
  name: string,
  flags: number,
  options: SnapshotRevertOptions,
): Promise<void> {
  const known = VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING | VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED | FORCE;
  checkFlags(flags, known | VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM, REVERT);
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING) && has(VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED)) {
    throw exclusive('VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING', 'VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED');
  }
  const found = await findSnapshot(domain, name);
  const { description } = found;
  const [halfDeleted] = halfDeletedDisks(found.xml);
  if (halfDeleted !== undefined) {
    throw failure(
      VIR_ERR_OPERATION_INVALID,
      `Requested operation is not valid: snapshot disk '${halfDeleted}' was target of not completed snapshot delete`,
    );
  }
  if (description.location === 'external') return revertExternal(domain, found, flags, options);
  if (options.keep !== undefined) {
    throw failure(
      VIR_ERR_CONFIG_UNSUPPORTED,
      'unsupported configuration: the present state cannot be kept when an internal snapshot is loaded',
    );
  }
  const running = has(VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING) || description.state === 'running';
  const runs = running && !has(VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED);
  await revertInternal(await domain.guest(), name, runs);
  await rememberReason(domain, fromSnapshot(runs));
}

/** The snapshots that a deletion takes along, children before parents. @throws HypervisorError */
async function selectDoomed(
  domain: BareDomain,
  name: string,
  flags: number,
): Promise<{ all: ListedSnapshot[]; doomed: ListedSnapshot[] }> {
  const children = VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN;
  const childrenOnly = VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY;
  checkFlags(flags, children | childrenOnly | VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY, DELETE);
  if ((flags & children) !== 0 && (flags & childrenOnly) !== 0) {
    throw exclusive('VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN', 'VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY');
  }
  const all = await allSnapshots(domain);
  const target = all.find((each) => each.name === name);
  if (!target) throw notFound(name);
  const only = (flags & childrenOnly) !== 0;
  const below = only || (flags & children) !== 0 ? descendantsOf(all, name) : [];
  return { all, doomed: [...below].reverse().concat(only ? [] : [target]) };
}

async function remove(
  domain: BareDomain,
  name: string,
  flags: number,
  options: SnapshotDeleteOptions,
): Promise<void> {
  const { all, doomed } = await selectDoomed(domain, name, flags);
  if ((flags & VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY) !== 0) {
    for (const each of doomed) await forgetSnapshot(storeOf(domain), each.name);
    return;
  }
  // An internal one may be in an image that an external one has frozen.
  if (all.some(({ description }) => description.location === 'external')) {
    return deleteExternal(domain, name, doomed, all, options);
  }
  for (const each of doomed) await deleteInternal(await domain.guest(), each.name);
}

const FORCE = VIR_DOMAIN_SNAPSHOT_REVERT_FORCE;
const REVERT = 'virDomainRevertToSnapshot';
const DELETE = 'virDomainSnapshotDelete';

/** @throws HypervisorError in libvirt's words: there is a flag that isn't known. */
function checkFlags(flags: number, known: number, name: string): void {
  const unknown = flags & ~known;
  if (unknown === 0) return;
  throw failure(
    VIR_ERR_ARGUMENT_UNSUPPORTED,
    `unsupported flags (0x${unknown.toString(16)}) in function ${name}`,
  );
}

const exclusive = (one: string, other: string): HypervisorError =>
  failure(VIR_ERR_INVALID_ARG, `Flags '${one}' and '${other}' are mutually exclusive`);
