import {
  VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
  VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE,
  VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
  VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_OTHER,
  VIR_CONNECT_LIST_DOMAINS_PAUSED,
  VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
  VIR_CONNECT_LIST_DOMAINS_RUNNING,
  VIR_CONNECT_LIST_DOMAINS_SHUTOFF,
  VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_SHUTOFF,
  VIR_ERR_INVALID_ARG,
} from '../../src/hypervisor/constants.js';
import { type Connection, type Domain, HypervisorError } from '../../src/hypervisor/index.js';
import { CommandError, orFail } from '../../src/shell/index.js';

export interface ListedDomain {
  readonly domain: Domain;
  /** -1 for a domain that isn't active. */
  readonly id: number;
}

/**
 * Domains in virsh's order: the active ones by id, then the others by name without regard to ASCII case.
 * @param flags VIR_CONNECT_LIST_DOMAINS_*.
 */
export async function listDomains(connection: Connection, flags: number): Promise<ListedDomain[]> {
  const listed: (ListedDomain & { key: string })[] = [];
  for (const domain of await matchingDomains(connection, flags)) {
    listed.push({ domain, id: await domain.getID(), key: asciiLowerCase(domain.name) });
  }
  return listed.sort((a, b) => {
    if (a.id < 0 && b.id < 0) return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    if (a.id < 0 || b.id < 0) return a.id < 0 ? 1 : -1;
    return a.id - b.id;
  });
}

async function matchingDomains(connection: Connection, flags: number): Promise<Domain[]> {
  try {
    return await connection.listAllDomains(flags);
  } catch (error) {
    if (!(error instanceof HypervisorError) || error.code !== VIR_ERR_INVALID_ARG) {
      throw new CommandError('Failed to list domains', error);
    }
  }
  // Drivers need not know every filter, only these two: the rest is then done here, as virsh does it.
  const scope = flags & (VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE);
  const matching: Domain[] = [];
  for (const domain of await orFail('Failed to list domains', connection.listAllDomains(scope))) {
    if (await passes(domain, flags)) matching.push(domain);
  }
  return matching;
}

interface Filter<T> {
  readonly failure: string;
  read(domain: Domain): Promise<T>;
  /** Flags of one property: a domain passes if none of them is set, or one that holds for it. */
  readonly sides: readonly (readonly [flag: number, holds: (value: T) => boolean])[];
}

const filter = <T>(spec: Filter<T>): Filter<unknown> => spec as unknown as Filter<unknown>;
const isTrue = (value: boolean): boolean => value;
const isFalse = (value: boolean): boolean => !value;
const some = (count: number): boolean => count > 0;
const none = (count: number): boolean => count === 0;
const otherStates = new Set([VIR_DOMAIN_RUNNING, VIR_DOMAIN_PAUSED, VIR_DOMAIN_SHUTOFF]);

const filters: readonly Filter<unknown>[] = [
  filter({
    failure: 'Failed to get domain persistence info',
    read: (domain) => domain.isPersistent(),
    sides: [
      [VIR_CONNECT_LIST_DOMAINS_PERSISTENT, isTrue],
      [VIR_CONNECT_LIST_DOMAINS_TRANSIENT, isFalse],
    ],
  }),
  filter({
    failure: 'Failed to get domain state',
    read: async (domain) => (await domain.getState()).state,
    sides: [
      [VIR_CONNECT_LIST_DOMAINS_RUNNING, (state) => state === VIR_DOMAIN_RUNNING],
      [VIR_CONNECT_LIST_DOMAINS_PAUSED, (state) => state === VIR_DOMAIN_PAUSED],
      [VIR_CONNECT_LIST_DOMAINS_SHUTOFF, (state) => state === VIR_DOMAIN_SHUTOFF],
      [VIR_CONNECT_LIST_DOMAINS_OTHER, (state) => !otherStates.has(state)],
    ],
  }),
  filter({
    failure: 'Failed to get domain autostart state',
    read: (domain) => domain.getAutostart(),
    sides: [
      [VIR_CONNECT_LIST_DOMAINS_AUTOSTART, isTrue],
      [VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART, isFalse],
    ],
  }),
  filter({
    failure: 'Failed to check for managed save image',
    read: (domain) => domain.hasManagedSaveImage(),
    sides: [
      [VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, isTrue],
      [VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE, isFalse],
    ],
  }),
  filter({
    failure: 'Failed to get snapshot count',
    read: (domain) => domain.snapshotNum(),
    sides: [
      [VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, some],
      [VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT, none],
    ],
  }),
  filter({
    failure: 'Failed to get checkpoint count',
    read: async (domain) => (await domain.listAllCheckpoints()).length,
    sides: [
      [VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT, some],
      [VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT, none],
    ],
  }),
];

async function passes(domain: Domain, flags: number): Promise<boolean> {
  for (const { failure, read, sides } of filters) {
    const asked = sides.filter(([flag]) => (flags & flag) !== 0);
    if (asked.length === 0) continue;
    const value = await orFail(failure, read(domain));
    if (!asked.some(([, holds]) => holds(value))) return false;
  }
  return true;
}

const asciiLowerCase = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
