import {
  VIR_DOMAIN_STATS_STATE,
  VIR_ERR_NO_DOMAIN,
  VIR_ERR_NO_DOMAIN_SNAPSHOT,
} from '../../hypervisor/constants.js';
import { type Connection, type Domain, HypervisorError, UnsupportedError } from '../../hypervisor/index.js';
import { sampleOfBlockJob, sampleOfStats } from './job-progress.js';
import type { Ask, ListedStatus, StatusModel } from './status-model.js';

/** Every domain with its state, in one call where the hypervisor has one. */
export async function listAll(own: Connection, model: StatusModel): Promise<ListedStatus[]> {
  const known = (uuid: string): number => model.domains.get(uuid)?.id ?? 0;
  try {
    const records = await own.getAllDomainStats(VIR_DOMAIN_STATS_STATE);
    return records.map(({ domain: { uuid, name }, params }) => {
      const value = (wanted: string): number =>
        Number(params.find(({ field }) => field === wanted)?.value ?? 0);
      return { uuid, name, id: known(uuid), state: value('state.state'), reason: value('state.reason') };
    });
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
  const ask = async (domain: Domain): Promise<ListedStatus | undefined> => {
    const { uuid, name } = domain;
    // One that doesn't answer is as it was; one that has gone meanwhile is left out.
    const found = await domain.getState().catch(() => model.domains.get(uuid));
    return found && { uuid, name, id: known(uuid), state: found.state, reason: found.reason ?? 0 };
  };
  const listed = await Promise.all((await own.listAllDomains()).map(ask));
  return listed.filter((each) => each !== undefined);
}

/** Asks what is open about one domain, and tells the model. What can't be answered stays as it is. */
export async function answer(
  own: Connection,
  model: StatusModel,
  uuid: string,
  ask: Ask,
  now: () => number,
): Promise<void> {
  let domain: Domain;
  try {
    domain = await own.domainLookupByUUIDString(uuid);
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_DOMAIN) model.remove(uuid);
    return;
  }
  if (ask.state || ask.existence) {
    const found = await domain.getState().catch(() => undefined);
    if (found) model.setState(uuid, found.state, found.reason, now());
  }
  if (ask.job) await answerJobs(domain, model, now);
  if (ask.disk !== undefined) await answerBlockJob(domain, model, ask.disk, now);
  if (ask.snapshot) {
    const name = await currentSnapshot(domain);
    if (name !== undefined) model.setSnapshot(uuid, name);
  }
}

async function answerJobs(domain: Domain, model: StatusModel, now: () => number): Promise<void> {
  const { uuid } = domain;
  try {
    model.setJob(uuid, sampleOfStats(await domain.getJobStats(0)), now());
  } catch {
    // Also a domain that doesn't run any more says so with an error.
    model.setJob(uuid, undefined, now());
  }
  for (const disk of [...(model.domains.get(uuid)?.blockJobs.keys() ?? [])]) {
    await answerBlockJob(domain, model, disk, now);
  }
}

async function answerBlockJob(
  domain: Domain,
  model: StatusModel,
  disk: string,
  now: () => number,
): Promise<void> {
  const info = await domain.getBlockJobInfo(disk).catch(() => null);
  model.setBlockJob(domain.uuid, disk, info ? sampleOfBlockJob(disk, info) : undefined, now());
}

/** null for none; undefined if it can't be told. */
async function currentSnapshot(domain: Domain): Promise<string | null | undefined> {
  try {
    return (await domain.hasCurrentSnapshot()) ? (await domain.snapshotCurrent()).name : null;
  } catch (error) {
    const none = error instanceof HypervisorError && error.code === VIR_ERR_NO_DOMAIN_SNAPSHOT;
    return none ? null : undefined;
  }
}

const isUnsupported = (error: unknown): boolean => error instanceof UnsupportedError;
