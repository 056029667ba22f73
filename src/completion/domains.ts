import {
  VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
  VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE,
  VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_OTHER,
  VIR_CONNECT_LIST_DOMAINS_PAUSED,
  VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
  VIR_CONNECT_LIST_DOMAINS_RUNNING,
  VIR_DOMAIN_PMSUSPENDED,
} from '../hypervisor/constants.js';
import { type Connection, type Domain, describeState } from '../hypervisor/index.js';
import type { Candidate } from './candidate.js';
import type { Completer, CompletionRequest } from './completer.js';

/** States cost a call each; past this many domains names alone must do. */
const MAX_DESCRIBED = 64;

const names =
  (flags: number): Completer =>
  async (request) => {
    const connection = await request.connection();
    const found = await connection.listAllDomainNames(flags);
    const candidates =
      request.describe && found.length <= MAX_DESCRIBED
        ? await withStates(await connection.listAllDomains(flags))
        : found.map((text) => ({ text }));
    return candidates.sort((a, b) => (a.text < b.text ? -1 : 1));
  };

async function withStates(domains: readonly Domain[]): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const domain of domains) {
    const state = await domain.getState().catch(() => undefined);
    candidates.push({ text: domain.name, ...(state ? { help: describeState(state.state) } : {}) });
  }
  return candidates;
}

export const anyDomain = names(0);
export const activeDomain = names(VIR_CONNECT_LIST_DOMAINS_ACTIVE);
export const inactiveDomain = names(VIR_CONNECT_LIST_DOMAINS_INACTIVE);
export const runningDomain = names(VIR_CONNECT_LIST_DOMAINS_RUNNING);
export const pausedDomain = names(VIR_CONNECT_LIST_DOMAINS_PAUSED);
/** Suspended by their guests: libvirt's listing has no filter of its own for them. */
export const asleepDomain: Completer = async (request) => {
  const domains = await (await request.connection()).listAllDomains(VIR_CONNECT_LIST_DOMAINS_OTHER);
  const states = await Promise.all(domains.map((domain) => domain.getState()));
  return domains
    .filter((_, at) => states[at]?.state === VIR_DOMAIN_PMSUSPENDED)
    .map(({ name }) => ({ text: name }));
};
export const persistentDomain = names(VIR_CONNECT_LIST_DOMAINS_PERSISTENT);
export const domainWithSnapshot = names(VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT);
export const domainWithCheckpoint = names(VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT);
export const domainWithManagedSave = names(VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE);

export const domainUUID: Completer = async ({ connection }) => {
  const domains = await (await connection()).listAllDomains(0);
  return domains.map((domain) => ({ text: domain.uuid, help: domain.name }));
};

/** The domain that the line names already. @throws there is none, or it doesn't exist. */
export async function domainOnLine(request: CompletionRequest): Promise<Domain> {
  const [key] = request.given('domain');
  if (key === undefined) throw new Error('no domain on the line');
  const connection = await request.connection();
  return (
    (await byId(connection, key)) ??
    (await connection.domainLookupByName(key).catch(() => byUUID(connection, key)))
  );
}

async function byId(connection: Connection, key: string): Promise<Domain | undefined> {
  return /^\d+$/.test(key) ? connection.domainLookupByID(Number(key)).catch(() => undefined) : undefined;
}

const byUUID = (connection: Connection, key: string): Promise<Domain> =>
  connection.domainLookupByUUIDString(key);
