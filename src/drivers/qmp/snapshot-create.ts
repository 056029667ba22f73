import {
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_XML_ERROR,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { SnapshotCreateOptions, SnapshotFacts } from '../../hypervisor/snapshots.js';
import { queryBlockGraph } from '../../qmp/index.js';
import { checkCreate } from '../../snapshot/flag-rules.js';
import { guestDisks } from '../../snapshot/guest-disks.js';
import { methods } from '../../snapshot/method.js';
import { planSnapshot } from '../../snapshot/plan.js';
import { parseSnapshotXml, type SnapshotDescription } from '../../snapshot/snapshot-description.js';
import { takeSnapshot } from '../../snapshot/take.js';
import type { BareDomain } from './bare-domain.js';
import { describeDomain } from './domain-xml.js';
import { snapshotDocument } from './snapshot-document.js';
import { allSnapshots, storeOf } from './snapshot-list.js';

const failure = (code: number, message: string): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_DOMAIN_SNAPSHOT });

/** Takes or redefines a snapshot from its document. @returns its name, and what it cost if it was taken. */
export async function createSnapshot(
  domain: BareDomain,
  xml: string,
  flags: number,
  options: SnapshotCreateOptions,
): Promise<{ name: string; taken?: SnapshotFacts }> {
  const request = parse(xml);
  if ((flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE) !== 0) return redefine(domain, xml, request, flags);
  const guest = await domain.guest();
  const { running, status } = await guest.qmp.execute('query-status');
  const diskOnly = (flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) !== 0;
  checkCreate(flags, {
    active: true,
    // Nobody keeps its configuration, but its snapshots outlive it all the same.
    persistent: true,
    externalMemory: request.memory?.snapshot === 'external' || request.memory?.file !== undefined,
    memoryLeftOut: request.memory?.snapshot === 'no',
  });
  if (status === 'inmigrate' || status === 'restore-vm' || status === 'finish-migrate') {
    throw failure(
      VIR_ERR_OPERATION_INVALID,
      `Requested operation is not valid: the guest is in state ${status}`,
    );
  }
  const creationTime = Math.floor(Date.now() / 1000);
  const name = request.name ?? String(creationTime);
  if ((await allSnapshots(domain)).some((snapshot) => snapshot.name === name)) {
    throw failure(VIR_ERR_OPERATION_FAILED, `operation failed: domain moment ${name} already exists`);
  }
  const plan = planSnapshot({ ...request, name }, flags, guestDisks(await queryBlockGraph(guest.qmp)));
  const document = snapshotDocument(plan, {
    description: request.description,
    state: diskOnly ? 'disk-snapshot' : running ? 'running' : 'paused',
    parent: await storeOf(domain).current(),
    creationTime,
    domainXml: await describeDomain(guest),
  });
  const taken = await takeSnapshot(guest, plan, {
    flags,
    method: methods.find((method) => method === options.method),
    xml: (flags & VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA) !== 0 ? null : document,
    running,
    signal: options.signal ?? new AbortController().signal,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  });
  return {
    name,
    taken: {
      method: taken.method,
      reason: taken.reason,
      pauseMilliseconds: taken.pause?.milliseconds ?? null,
      memoryBytes: taken.bytes,
      passes: taken.passes,
      milliseconds: taken.milliseconds,
    },
  };
}

function parse(xml: string): SnapshotDescription {
  try {
    return parseSnapshotXml(xml);
  } catch (error) {
    throw failure(VIR_ERR_XML_ERROR, `XML error: ${(error as Error).message.split('\n')[0]}`);
  }
}

async function redefine(
  domain: BareDomain,
  xml: string,
  request: SnapshotDescription,
  flags: number,
): Promise<{ name: string }> {
  checkCreate(flags, { active: true, persistent: true, externalMemory: false, memoryLeftOut: false });
  const { name, parent, state, creationTime } = request;
  if (name === undefined)
    throw failure(VIR_ERR_XML_ERROR, 'XML error: a redefined snapshot must have a name');
  if (creationTime === undefined) {
    throw failure(VIR_ERR_XML_ERROR, 'XML error: missing creationTime from existing snapshot');
  }
  if (state === undefined)
    throw failure(VIR_ERR_XML_ERROR, 'XML error: missing state from existing snapshot');
  const all = await allSnapshots(domain);
  if (parent !== undefined) {
    if (parent === name) {
      throw failure(VIR_ERR_XML_ERROR, `invalid argument: cannot set snapshot ${name} as its own parent`);
    }
    if (!all.some((snapshot) => snapshot.name === parent)) {
      throw failure(VIR_ERR_XML_ERROR, `invalid argument: parent ${parent} for snapshot ${name} not found`);
    }
  }
  const store = storeOf(domain);
  await store.put(name, xml);
  if ((flags & VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT) !== 0) await store.setCurrent(name);
  return { name };
}
