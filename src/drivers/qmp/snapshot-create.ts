import {
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_UNPAUSED,
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_ERR_XML_DETAIL,
  VIR_ERR_XML_ERROR,
  VIR_ERR_XML_INVALID_SCHEMA,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { SnapshotCreateOptions, SnapshotFacts } from '../../hypervisor/snapshots.js';
import { checkCreate } from '../../snapshot/flag-rules.js';
import { disksOf } from '../../snapshot/guest-disks.js';
import { methods } from '../../snapshot/method.js';
import { whyNoMomentName } from '../../snapshot/moment-name.js';
import { planSnapshot } from '../../snapshot/plan.js';
import { checkRedefine } from '../../snapshot/redefine-rules.js';
import { noteFrozen } from '../../snapshot/relaunch-frozen.js';
import { readLaunch } from '../../snapshot/relaunch-record.js';
import {
  NoSnapshotXml,
  parseSnapshotXml,
  type SnapshotDescription,
} from '../../snapshot/snapshot-description.js';
import { takeSnapshot } from '../../snapshot/take.js';
import { SCHEMA, validateSnapshotXml } from '../../snapshot/validate-xml.js';
import type { BareDomain } from './bare-domain.js';
import { describeDomain } from './domain-xml.js';
import { rememberReason } from './run-reason.js';
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
  if ((flags & VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE) !== 0) await validate(domain, xml);
  if ((flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE) !== 0) return redefine(domain, xml, request, flags);
  const keep = (flags & VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA) === 0;
  if (keep && request.name !== undefined) checkName(request.name);
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
  if (status === 'suspended') {
    throw failure(
      VIR_ERR_OPERATION_UNSUPPORTED,
      "Operation not supported: qemu doesn't support taking snapshots of PMSUSPENDED guests",
    );
  }
  const creationTime = Math.floor(Date.now() / 1000);
  const name = request.name ?? String(creationTime);
  if ((await allSnapshots(domain)).some((snapshot) => snapshot.name === name)) {
    throw failure(VIR_ERR_OPERATION_FAILED, `operation failed: domain moment ${name} already exists`);
  }
  const plan = planSnapshot({ ...request, name }, flags, await disksOf(guest));
  if (options.method !== undefined && plan.memory !== 'external') {
    throw failure(
      VIR_ERR_CONFIG_UNSUPPORTED,
      'unsupported configuration: --method says how memory gets into a file, and there is none (see --memspec)',
    );
  }
  const document = snapshotDocument(plan, {
    description: request.description,
    state: diskOnly ? 'disk-snapshot' : running ? 'running' : 'paused',
    parent: await storeOf(domain).current(),
    creationTime,
    domainXml: await describeDomain(guest),
  });
  // Going back to it starts QEMU anew, as it is now; what can't be looked into is made do without.
  const launch = keep ? await readLaunch(guest).catch(() => undefined) : undefined;
  if (launch) await storeOf(domain).putLaunch(name, launch);
  const taken = await takeSnapshot(guest, plan, {
    flags,
    method: methods.find((method) => method === options.method),
    xml: keep ? document : null,
    running,
    signal: options.signal ?? new AbortController().signal,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  }).catch(async (error: unknown) => {
    const store = storeOf(domain);
    if (launch && !(await store.find(name))) await store.removeLaunch(name);
    throw error;
  });
  if (launch) await noteFrozen(storeOf(domain), name);
  // As in libvirt, a guest that stood still for it runs because it was let go on.
  if (running && taken.pause && taken.method !== 'none') {
    await rememberReason(domain, { state: VIR_DOMAIN_RUNNING, reason: VIR_DOMAIN_RUNNING_UNPAUSED });
  }
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
    if (error instanceof NoSnapshotXml) throw failure(VIR_ERR_XML_ERROR, `XML error: ${error.message}`);
    throw failure(VIR_ERR_XML_DETAIL, `(domain_snapshot): ${(error as Error).message.split('\n')[0]}`);
  }
}

/** The schema names disks as libvirt does; ours have the names that QEMU was given. */
async function validate(domain: BareDomain, xml: string): Promise<void> {
  const disks = await disksOf(await domain.guest());
  const wrong = await validateSnapshotXml(
    xml,
    disks.flatMap(({ names }) => names),
  );
  if (wrong.length === 0) return;
  throw failure(
    VIR_ERR_XML_INVALID_SCHEMA,
    `XML document failed to validate against schema: Unable to validate doc against ${SCHEMA}\n${wrong.join('\n')}`,
  );
}

function checkName(name: string): void {
  const reason = whyNoMomentName(name);
  if (reason) throw failure(VIR_ERR_XML_DETAIL, `invalid snapshot name '${name}': name ${reason}`);
}

async function redefine(
  domain: BareDomain,
  xml: string,
  request: SnapshotDescription,
  flags: number,
): Promise<{ name: string }> {
  checkCreate(flags, { active: true, persistent: true, externalMemory: false, memoryLeftOut: false });
  const all = await allSnapshots(domain);
  const name = checkRedefine(xml, request, flags, domain.identity.uuid, all);
  checkName(name);
  const store = storeOf(domain);
  await store.put(name, xml);
  if ((flags & VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT) !== 0) await store.setCurrent(name);
  return { name };
}
