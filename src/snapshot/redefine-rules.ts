import { DOMParser } from '@xmldom/xmldom';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_XML_ERROR,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import type { SnapshotDescription } from './snapshot-description.js';
import type { TreeSnapshot } from './snapshot-tree.js';

const refuse = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_DOMAIN_SNAPSHOT });
const invalid = (text: string): HypervisorError => refuse(VIR_ERR_INVALID_ARG, `invalid argument: ${text}`);

/** States that a document may tell, as libvirt knows them. */
const states = 'nostate running blocked paused shutdown shutoff crashed pmsuspended disk-snapshot'.split(' ');

/**
 * What libvirt demands of a document that is to be the record of an existing snapshot, in its order and words.
 * @param flags VIR_DOMAIN_SNAPSHOT_CREATE_*.
 * @param all the domain's snapshots.
 * @returns the name.
 * @throws HypervisorError
 */
export function checkRedefine(
  xml: string,
  request: SnapshotDescription,
  flags: number,
  uuid: string,
  all: readonly TreeSnapshot[],
): string {
  const { name, parent, state, creationTime, memory } = request;
  if (name === undefined) {
    throw refuse(VIR_ERR_XML_ERROR, 'XML error: a redefined snapshot must have a name');
  }
  if (creationTime === undefined) {
    throw refuse(VIR_ERR_INTERNAL_ERROR, 'internal error: missing creationTime from existing snapshot');
  }
  if (state === undefined) {
    throw refuse(VIR_ERR_XML_ERROR, 'XML error: missing state from existing snapshot');
  }
  if (states.indexOf(state) <= 0) {
    throw refuse(
      VIR_ERR_CONFIG_UNSUPPORTED,
      `unsupported configuration: Invalid state '${state}' in domain snapshot XML`,
    );
  }
  const offline = state === 'shutoff' || state === 'disk-snapshot';
  if (offline && memory && (memory.file !== undefined || (memory.snapshot ?? 'no') !== 'no')) {
    throw refuse(
      VIR_ERR_XML_ERROR,
      'XML error: memory state cannot be saved with offline or disk-only snapshot',
    );
  }
  checkParent(name, parent, all);
  if ((flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY) !== 0 && state !== 'disk-snapshot') {
    throw invalid(`disk-only flag for snapshot ${name} requires disk-snapshot state`);
  }
  const told = domainUuid(xml);
  if (told !== undefined && told.toLowerCase() !== uuid) {
    throw invalid(`definition for snapshot ${name} must use uuid ${uuid}`);
  }
  const before = all.find((snapshot) => snapshot.name === name)?.description.state;
  if (before !== undefined) {
    if (isOnline(before) !== isOnline(state)) {
      throw invalid(`cannot change between online and offline snapshot state in snapshot ${name}`);
    }
    if ((before === 'disk-snapshot') !== (state === 'disk-snapshot')) {
      throw invalid(`cannot change between disk only and full system in snapshot ${name}`);
    }
  }
  return name;
}

const isOnline = (state: string): boolean => state === 'running' || state === 'paused';

function checkParent(name: string, parent: string | undefined, all: readonly TreeSnapshot[]): void {
  if (parent === undefined) return;
  if (parent === name) throw invalid(`cannot set moment ${name} as its own parent`);
  const byName = new Map(all.map((snapshot) => [snapshot.name, snapshot]));
  let above = byName.get(parent);
  if (!above) throw invalid(`parent ${parent} for moment ${name} not found`);
  // Documents that are there already may make a circle by themselves.
  for (const seen = new Set<string>(); above && !seen.has(above.name); ) {
    seen.add(above.name);
    if (above.description.parent === name) throw invalid(`parent ${parent} would create cycle to ${name}`);
    above = byName.get(above.description.parent ?? '');
  }
}

/** The uuid in the document's domain, if it is one in full (with a type); older ones are not looked at. */
function domainUuid(xml: string): string | undefined {
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement;
  const domain = Array.from(root?.getElementsByTagName('domain') ?? []).find(
    (element) => element.parentNode === root,
  );
  if (!domain?.getAttribute('type')) return undefined;
  const uuids = Array.from(domain.getElementsByTagName('uuid'));
  return uuids.find(({ parentNode }) => parentNode === domain)?.textContent ?? undefined;
}
