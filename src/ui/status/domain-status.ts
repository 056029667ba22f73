import { VIR_DOMAIN_PAUSED, VIR_DOMAIN_RUNNING } from '../../hypervisor/constants.js';
import { type JobProgress, SNAPSHOT_JOB } from './job-progress.js';

/** What is known of a domain. Times are ms of one clock that only goes forward. */
export interface DomainStatus {
  readonly uuid: string;
  name: string;
  /** -1 when it doesn't run. */
  id: number;
  state: number;
  /** Undefined until the hypervisor was asked: events don't tell every reason. */
  reason: number | undefined;
  /** Stands still since then; undefined if it doesn't. */
  stillSince: number | undefined;
  /** When its processors stopped, by QEMU's own clock, in µs. */
  stoppedAt: number | undefined;
  /** It stood still already when it was first seen, so that it has for longer than since `stillSince`. */
  stillBefore: boolean;
  /** A snapshot was being taken when it began to stand still. */
  stillForSnapshot: boolean;
  /** How long it stood still last time, in ms. */
  lastPause: number | undefined;
  /** QEMU's clock told that, which is better than when the news came. */
  measured: boolean;
  /** When something last happened to it that a user may want to see. */
  changedAt: number;
  /** Its filesystems are frozen, as far as anybody told. */
  frozen: boolean;
  job: JobProgress | undefined;
  readonly blockJobs: Map<string, JobProgress>;
  /** Name of the current snapshot; null for none, undefined if it wasn't asked. */
  snapshot: string | null | undefined;
  /** What went wrong and has not been put right. */
  problem: string | undefined;
  /** Its monitor is in the hands of another program, so that there is no news. */
  elsewhere: boolean;
  /** A command of this shell that runs on it. */
  command: string | undefined;
}

export function newDomain(uuid: string, name: string, id: number): DomainStatus {
  return {
    uuid,
    name,
    id,
    state: 0,
    reason: undefined,
    stillSince: undefined,
    stoppedAt: undefined,
    stillBefore: false,
    stillForSnapshot: false,
    lastPause: undefined,
    measured: false,
    changedAt: Number.NEGATIVE_INFINITY,
    frozen: false,
    job: undefined,
    blockJobs: new Map(),
    snapshot: undefined,
    problem: undefined,
    elsewhere: false,
    command: undefined,
  };
}

/** How long after its end a pause, or another change, still makes a domain worth a row of its own. */
export const RECENT_MS = 10_000;

/** From what needs a person to what needs nobody. */
export type Attention = 'problem' | 'still' | 'busy' | 'recent' | 'rest';

export const ATTENTIONS: readonly Attention[] = ['problem', 'still', 'busy', 'recent', 'rest'];

const AT_REST: ReadonlySet<number> = new Set([0, VIR_DOMAIN_RUNNING, 2, 5]);

export function attentionOf(domain: DomainStatus, now: number): Attention {
  if (domain.problem !== undefined || domain.state === 6) return 'problem';
  if (domain.state === VIR_DOMAIN_PAUSED) return 'still';
  if (domain.frozen || domain.job || domain.blockJobs.size > 0 || domain.elsewhere || domain.command)
    return 'busy';
  if (!AT_REST.has(domain.state)) return 'busy';
  return now - domain.changedAt < RECENT_MS ? 'recent' : 'rest';
}

/** How the names of the commands begin that take snapshots. */
export const SNAPSHOT_COMMANDS = 'snapshot-create';

/** Puts a domain into a state, and the stopwatch on or off accordingly. */
export function enterState(
  domain: DomainStatus,
  state: number,
  reason: number | undefined,
  now: number,
): void {
  const wasStill = domain.stillSince !== undefined;
  const still = state === VIR_DOMAIN_PAUSED;
  if (still && !wasStill) {
    domain.stillSince = now;
    domain.stillBefore = domain.state === 0;
    domain.stillForSnapshot =
      domain.job?.what === SNAPSHOT_JOB || domain.command?.startsWith(SNAPSHOT_COMMANDS) === true;
  } else if (!still && domain.stillSince !== undefined) {
    if (!domain.stillBefore && !domain.measured) domain.lastPause = now - domain.stillSince;
    domain.stillSince = undefined;
    domain.stillBefore = false;
  }
  // An event that doesn't know why must not unsay what was asked before.
  if (state !== domain.state || reason !== undefined) domain.reason = reason;
  domain.state = state;
}
