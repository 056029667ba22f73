import {
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_SNAPSHOT,
  VIR_DOMAIN_RUNNING,
} from '../../hypervisor/constants.js';
import { describeReason, describeState } from '../../hypervisor/index.js';
import { printableLine, type StatusMode } from '../../shell/index.js';
import { ATTENTIONS, type Attention, attentionOf, type DomainStatus, RECENT_MS } from './domain-status.js';
import { type JobProgress, secondsLeft, share } from './job-progress.js';
import { reasonName } from './reason-names.js';
import type { StatusModel } from './status-model.js';

/** How the pane is connected to the hypervisor. */
export interface ConnectionStatus {
  readonly state: 'none' | 'connecting' | 'connected' | 'reconnecting';
  readonly uri: string;
  readonly readonly: boolean;
  /** Why there is no connection; printable. */
  readonly message: string | undefined;
}

export interface JobRow {
  /** `Snapshot`, `Commit vda` */
  readonly what: string;
  /** From 0 to 1; undefined if the size of the job isn't known. */
  readonly share: number | undefined;
  /** Bytes. */
  readonly done: number;
  readonly total: number;
  /** Bytes a second. */
  readonly rate: number | undefined;
  readonly secondsLeft: number | undefined;
}

/** A domain as the pane shows it; all texts are printable. */
export interface StatusRow {
  readonly uuid: string;
  readonly name: string;
  /** `paused (creating snapshot)` */
  readonly state: string;
  /** `VIR_DOMAIN_PAUSED_SNAPSHOT` */
  readonly reasonName: string | undefined;
  readonly attention: Attention;
  /** For how long it has stood still, in ms, and whether it did before anybody looked. */
  readonly still: { readonly ms: number; readonly atLeast: boolean } | undefined;
  readonly lastPauseMs: number | undefined;
  readonly frozen: boolean;
  readonly jobs: readonly JobRow[];
  /** null for none, undefined if it isn't known. */
  readonly snapshot: string | null | undefined;
  readonly problem: string | undefined;
  readonly elsewhere: boolean;
  readonly command: string | undefined;
}

export interface StatusView {
  readonly mode: StatusMode;
  readonly connection: ConnectionStatus;
  /** In the order of importance; no more than were asked for. */
  readonly rows: readonly StatusRow[];
  /** How many domains there are, and run. */
  readonly total: number;
  readonly running: number;
  /** Those that aren't at rest come first in `rows`; how many there are. */
  readonly restless: number;
  /** Ms after which it looks different without anything having happened; undefined for never. */
  readonly next: number | undefined;
}

export interface ViewOptions {
  readonly mode: StatusMode;
  readonly connection: ConnectionStatus;
  /** Rows at most. */
  readonly limit: number;
  /** Rows left out before the first. */
  readonly skip?: number;
  readonly now: number;
}

/** What is to be seen of all domains: whoever isn't at rest first, then as many others as fit. */
export function viewOf(
  model: StatusModel,
  { mode, connection, limit, now, skip = 0 }: ViewOptions,
): StatusView {
  const groups = new Map<Attention, DomainStatus[]>(ATTENTIONS.map((attention) => [attention, []]));
  let running = 0;
  let next = Number.POSITIVE_INFINITY;
  for (const domain of model.domains.values()) {
    if (domain.state === VIR_DOMAIN_RUNNING) running += 1;
    const attention = attentionOf(domain, now);
    groups.get(attention)?.push(domain);
    if (attention !== 'rest') next = Math.min(next, changesIn(domain, attention, now));
  }
  const rows: StatusRow[] = [];
  let passed = 0;
  for (const [attention, domains] of groups) {
    const from = Math.max(0, skip - passed);
    const wanted = limit - rows.length;
    if (wanted > 0 && from < domains.length) {
      for (const domain of first(domains, from + wanted).slice(from))
        rows.push(rowOf(domain, attention, now));
    }
    passed += domains.length;
  }
  return {
    mode,
    connection,
    rows,
    total: model.domains.size,
    running,
    restless: model.domains.size - (groups.get('rest')?.length ?? 0),
    next: Number.isFinite(next) ? next : undefined,
  };
}

/** The first so many in order, without sorting the rest: those that run, by name, then the others. */
function first(domains: readonly DomainStatus[], count: number): DomainStatus[] {
  const found: DomainStatus[] = [];
  for (const domain of domains) {
    const last = found.at(-1);
    if (found.length === count && last && before(last, domain)) continue;
    let at = found.length;
    while (at > 0 && before(domain, found[at - 1] as DomainStatus)) at -= 1;
    found.splice(at, 0, domain);
    if (found.length > count) found.pop();
  }
  return found;
}

const before = (a: DomainStatus, b: DomainStatus): boolean =>
  isRunning(a) === isRunning(b) ? a.name < b.name : isRunning(a);

const isRunning = ({ state }: DomainStatus): boolean => state === VIR_DOMAIN_RUNNING;

/**
 * Why it is in its state; undefined if nobody knows. libvirt 9.0 has no reason for a guest that stands still at the end
 * of a live snapshot.
 */
function reasonOf({ state, reason, stillForSnapshot }: DomainStatus): number | undefined {
  if (state !== VIR_DOMAIN_PAUSED) return reason === UNKNOWN ? undefined : reason;
  return !reason && stillForSnapshot ? VIR_DOMAIN_PAUSED_SNAPSHOT : reason;
}

/** In all states. */
const UNKNOWN = 0;

function rowOf(domain: DomainStatus, attention: Attention, now: number): StatusRow {
  const { uuid, state, stillSince, lastPause, frozen, elsewhere, snapshot, problem } = domain;
  const reason = reasonOf(domain);
  const word = describeState(state);
  const jobs = [domain.job, ...domain.blockJobs.values()].filter((job) => job !== undefined);
  return {
    uuid,
    name: printableLine(domain.name),
    state: reason === undefined ? word : `${word} (${describeReason(state, reason)})`,
    reasonName: reason === undefined ? undefined : reasonName(state, reason),
    attention,
    still: stillSince === undefined ? undefined : { ms: now - stillSince, atLeast: domain.stillBefore },
    lastPauseMs: lastPause,
    frozen,
    jobs: jobs.map(jobRow),
    snapshot: typeof snapshot === 'string' ? printableLine(snapshot) : snapshot,
    problem: problem === undefined ? undefined : printableLine(problem),
    elsewhere,
    command: domain.command,
  };
}

const jobRow = (job: JobProgress): JobRow => ({
  what: printableLine(job.what),
  share: share(job),
  done: job.done,
  total: job.total,
  rate: job.rate,
  secondsLeft: secondsLeft(job),
});

/** When a row next shows something else by itself: a stopwatch as fine as it is read, a recent change that grows old. */
function changesIn({ stillSince, changedAt }: DomainStatus, attention: Attention, now: number): number {
  if (stillSince !== undefined) {
    const ms = now - stillSince;
    return ms < 10_000 ? 100 : 1000;
  }
  return attention === 'recent' ? Math.max(1, changedAt + RECENT_MS - now) : Number.POSITIVE_INFINITY;
}
