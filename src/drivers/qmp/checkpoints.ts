import { checkBitmaps, type PlannedCheckpoint, planCheckpoint } from '../../block/checkpoint-create.js';
import { removeBitmaps } from '../../block/checkpoint-delete.js';
import { changedBytes } from '../../block/checkpoint-size.js';
import {
  type CheckpointDescription,
  formatCheckpoint,
  parseCheckpointXml,
} from '../../block/checkpoint-xml.js';
import { checkFlags, refusal } from '../../block/refusals.js';
import {
  VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
  VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
  VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE,
  VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN,
  VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY,
  VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY,
  VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS,
  VIR_DOMAIN_CHECKPOINT_LIST_LEAVES,
  VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES,
  VIR_DOMAIN_CHECKPOINT_LIST_ROOTS,
  VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL,
  VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN,
  VIR_DOMAIN_CHECKPOINT_XML_SECURE,
  VIR_DOMAIN_CHECKPOINT_XML_SIZE,
  VIR_ERR_NO_DOMAIN_CHECKPOINT,
  VIR_ERR_OPERATION_DENIED,
  VIR_ERR_XML_DETAIL,
  VIR_ERR_XML_ERROR,
  VIR_FROM_DOMAIN_CHECKPOINT,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { Checkpoint, DomainSnapshots } from '../../hypervisor/snapshots.js';
import type { TransactionAction } from '../../qmp/index.js';
import { DocumentStore, type StoredDocument } from '../../snapshot/document-store.js';
import type { Guest } from '../../snapshot/guest.js';
import { whyNoMomentName } from '../../snapshot/moment-name.js';
import { checkpointFolder, makeQuiesced } from '../../snapshot/quiesced-checkpoint.js';
import { childrenOf, descendantsOf } from '../../snapshot/snapshot-tree.js';
import { forgetSnapshot } from '../../snapshot/stored-parent.js';
import type { BareDomain } from './bare-domain.js';
import { checkFree } from './check-free.js';
import { describeDomain } from './domain-xml.js';
import { inModel } from './errors.js';
import { withUnsupported } from './unsupported.js';

type Checkpoints = Pick<
  DomainSnapshots,
  'checkpointCreateXML' | 'checkpointLookupByName' | 'listAllCheckpoints'
>;
type Stored = StoredDocument<CheckpointDescription>;

const failure = (code: number, message: string): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_DOMAIN_CHECKPOINT });

export const checkpointsOf = (domain: BareDomain): DocumentStore<CheckpointDescription> =>
  new DocumentStore(checkpointFolder(domain.folder), parseCheckpointXml);

/** A bare QEMU's checkpoints: a bitmap in each disk's image, and libvirt's document in the domain's state folder. */
export function checkpoints(domain: BareDomain, readonly: boolean): Checkpoints {
  return {
    checkpointCreateXML: (xml, flags = 0) =>
      inModel(async () => checkpoint(domain, await create(domain, xml, flags), readonly)),
    checkpointLookupByName: (name) =>
      inModel(async () => {
        await find(domain, name);
        return checkpoint(domain, name, readonly);
      }),
    listAllCheckpoints: (flags = 0) =>
      inModel(async () => {
        const all = await checkpointsOf(domain).list();
        return select(all, undefined, flags).map(({ name }) => checkpoint(domain, name, readonly));
      }),
  };
}

async function find(domain: BareDomain, name: string): Promise<Stored> {
  const found = await checkpointsOf(domain).find(name);
  if (found) return found;
  throw failure(
    VIR_ERR_NO_DOMAIN_CHECKPOINT,
    `Domain checkpoint not found: no domain checkpoint with matching name '${name}'`,
  );
}

/** @param of whose children; undefined for the whole forest. */
function select(all: readonly Stored[], of: string | undefined, flags: number): Stored[] {
  const known =
    VIR_DOMAIN_CHECKPOINT_LIST_ROOTS |
    VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL |
    VIR_DOMAIN_CHECKPOINT_LIST_LEAVES |
    VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES;
  // ROOTS has the bit of DESCENDANTS: each is of one of the two functions.
  checkFlags(
    flags,
    known,
    of === undefined ? 'virDomainListAllCheckpoints' : 'virDomainCheckpointListAllChildren',
  );
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const deep =
    of === undefined ? !has(VIR_DOMAIN_CHECKPOINT_LIST_ROOTS) : has(VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS);
  const selected = deep ? descendantsOf(all, of) : childrenOf(all, of);
  const [leaves, inner] = [has(VIR_DOMAIN_CHECKPOINT_LIST_LEAVES), has(VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES)];
  return leaves === inner
    ? selected
    : selected.filter(({ name }) => (childrenOf(all, name).length === 0) === leaves);
}

function checkpoint(domain: BareDomain, name: string, readonly: boolean): Checkpoint {
  const known: Partial<Checkpoint> = {
    name,
    domainName: domain.identity.name,
    getXMLDesc: (flags = 0) => inModel(() => describe(domain, name, flags, readonly)),
    getParent: () =>
      inModel(async () => {
        const { parent } = (await find(domain, name)).description;
        if (parent !== undefined) return checkpoint(domain, parent, readonly);
        throw failure(
          VIR_ERR_NO_DOMAIN_CHECKPOINT,
          `Domain checkpoint not found: checkpoint '${name}' does not have a parent`,
        );
      }),
    listAllChildren: (flags = 0) =>
      inModel(async () => {
        await find(domain, name);
        const all = await checkpointsOf(domain).list();
        return select(all, name, flags).map((child) => checkpoint(domain, child.name, readonly));
      }),
    delete: (flags = 0) =>
      inModel(async () => {
        if (readonly) throw denied('virDomainCheckpointDelete');
        await checkFree(domain);
        await remove(domain, name, flags);
      }),
    free: async () => undefined,
  };
  return withUnsupported<Checkpoint>(known, 'DomainCheckpoint');
}

const denied = (name: string): HypervisorError =>
  failure(VIR_ERR_OPERATION_DENIED, `operation forbidden: read only access prevents ${name}`);

async function describe(domain: BareDomain, name: string, flags: number, readonly: boolean): Promise<string> {
  const { SECURE, NO_DOMAIN, SIZE } = {
    SECURE: VIR_DOMAIN_CHECKPOINT_XML_SECURE,
    NO_DOMAIN: VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN,
    SIZE: VIR_DOMAIN_CHECKPOINT_XML_SIZE,
  };
  checkFlags(flags, SECURE | NO_DOMAIN | SIZE, 'virDomainCheckpointGetXMLDesc');
  if (readonly && (flags & SECURE) !== 0) throw denied('virDomainCheckpointGetXMLDesc with secure flag');
  const { description } = await find(domain, name);
  const listed = description.disks ?? [];
  const guest = (flags & SIZE) === 0 ? undefined : await domain.guest();
  const disks = [];
  for (const disk of listed) {
    const size =
      guest && disk.checkpoint === 'bitmap' && disk.bitmap !== undefined
        ? await changedBytes(guest, disk.name, disk.bitmap)
        : undefined;
    disks.push({ ...disk, size });
  }
  return formatCheckpoint({
    ...description,
    name,
    creationTime: description.creationTime ?? 0n,
    disks,
    domain: (flags & NO_DOMAIN) === 0 ? description.domain : undefined,
  });
}

async function create(domain: BareDomain, xml: string, flags: number): Promise<string> {
  const { REDEFINE, VALIDATE, QUIESCE } = {
    REDEFINE: VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
    VALIDATE: VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE,
    QUIESCE: VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
  };
  checkFlags(flags, REDEFINE | VALIDATE | QUIESCE, 'virDomainCheckpointCreateXML');
  if ((flags & REDEFINE) !== 0) return redefine(domain, xml, (flags & VALIDATE) !== 0);
  const guest = await domain.guest();
  const prepared = await prepareCheckpoint(domain, guest, xml);
  const { name, actions, disks, keep } = prepared;
  const make = async (): Promise<void> => void (await guest.qmp.execute('transaction', { actions }));
  // Where a bitmap is in the way, QEMU says so: the guest need not be frozen for that.
  if ((flags & QUIESCE) !== 0 && !disks.some(({ taken }) => taken)) {
    await makeQuiesced(guest, { name, disks, make, keep });
    return name;
  }
  await make();
  await keep();
  return name;
}

/** A checkpoint that is made by some actions of a transaction, and known once `keep` has been called. */
export interface PreparedCheckpoint {
  readonly name: string;
  readonly actions: TransactionAction[];
  /** Those that get a bitmap. */
  readonly disks: PlannedCheckpoint['bitmaps'];
  keep(): Promise<void>;
}

/** @throws HypervisorError in libvirt's words: it can't be made. */
export async function prepareCheckpoint(
  domain: BareDomain,
  guest: Guest,
  xml: string,
): Promise<PreparedCheckpoint> {
  const asked = parseCheckpointXml(xml);
  const store = checkpointsOf(domain);
  const all = await store.list();
  const creationTime = BigInt(Math.floor(Date.now() / 1000));
  const name = asked.name ?? String(creationTime);
  checkName(name);
  if (all.some((each) => each.name === name)) throw refusal('failed', `domain moment ${name} already exists`);
  const { disks, bitmaps, actions } = await planCheckpoint(guest, name, asked.disks);
  const document = formatCheckpoint({
    name,
    description: asked.description,
    parent: await store.current(),
    creationTime,
    disks,
    domain: (await describeDomain(guest)).trimEnd().replaceAll('\n', '\n  '),
  });
  return {
    name,
    actions: [...actions],
    disks: bitmaps,
    keep: async () => {
      await store.put(name, document);
      await store.setCurrent(name);
    },
  };
}

function checkName(name: string): void {
  const reason = whyNoMomentName(name);
  if (reason) throw failure(VIR_ERR_XML_DETAIL, `invalid checkpoint name '${name}': name ${reason}`);
}

/** Takes a document as the record of a checkpoint whose bitmaps are there. */
async function redefine(domain: BareDomain, xml: string, validate: boolean): Promise<string> {
  const asked = parseCheckpointXml(xml);
  const { name, creationTime, parent, disks, domainUuid } = asked;
  const wrong = (reason: string): HypervisorError => failure(VIR_ERR_XML_ERROR, `XML error: ${reason}`);
  if (name === undefined) throw wrong('a redefined checkpoint must have a name');
  if (creationTime === undefined) throw wrong('missing creationTime from existing checkpoint');
  if (asked.domain === undefined) throw wrong('missing domain in checkpoint');
  checkName(name);
  if (domainUuid !== undefined && domainUuid.trim().toLowerCase() !== domain.identity.uuid) {
    throw refusal('invalid', `definition for checkpoint ${name} must use uuid ${domain.identity.uuid}`);
  }
  const store = checkpointsOf(domain);
  const all = await store.list();
  if (parent !== undefined && !all.some((each) => each.name === parent))
    throw wrong(`missing parent checkpoint matching name '${parent}'`);
  if (parent === name || descendantsOf(all, name).some((each) => each.name === parent))
    throw wrong(`parent ${parent} would create cycle to ${name}`);
  const missing = disks?.find((disk) => disk.checkpoint === 'bitmap' && disk.bitmap === undefined);
  if (missing) throw wrong(`missing bitmap name for disk '${missing.name}' of checkpoint '${name}'`);
  if (validate) await checkBitmaps(await domain.guest(), disks);
  await store.put(name, xml);
  const current = await store.current();
  if (current === undefined || current === parent) await store.setCurrent(name);
  return name;
}

async function remove(domain: BareDomain, name: string, flags: number): Promise<void> {
  const { CHILDREN, ONLY, METADATA } = {
    CHILDREN: VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN,
    ONLY: VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY,
    METADATA: VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY,
  };
  checkFlags(flags, CHILDREN | ONLY | METADATA, 'virDomainCheckpointDelete');
  if ((flags & CHILDREN) !== 0 && (flags & ONLY) !== 0) {
    throw refusal(
      'invalid',
      "Flags 'VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN' and 'VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY' are mutually exclusive",
    );
  }
  const target = await find(domain, name);
  const store = checkpointsOf(domain);
  const below = (flags & (CHILDREN | ONLY)) === 0 ? [] : descendantsOf(await store.list(), name);
  const guest = (flags & METADATA) === 0 ? await domain.guest() : undefined;
  for (const each of [...below].reverse().concat((flags & ONLY) !== 0 ? [] : [target])) {
    if (guest) await removeBitmaps(guest, each.description);
    await forgetSnapshot(store, each.name);
  }
}
