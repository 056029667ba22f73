import {
  VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
  VIR_DOMAIN_BLOCK_JOB_FAILED,
  VIR_DOMAIN_BLOCK_JOB_READY,
  VIR_DOMAIN_EVENT_DEFINED,
  VIR_DOMAIN_EVENT_IO_ERROR_PAUSE,
  VIR_DOMAIN_EVENT_STOPPED,
  VIR_DOMAIN_EVENT_UNDEFINED,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_SHUTOFF,
} from '../../hypervisor/constants.js';
import type { DomainEvent, EventDomain, MonitorEvent } from '../../hypervisor/index.js';
import { type DomainStatus, enterState, newDomain } from './domain-status.js';
import { stateAfter } from './event-state.js';
import { advance, diskOfJob, type JobSample } from './job-progress.js';

/** What an event leaves open, to be asked of the hypervisor. */
export interface Ask {
  readonly state?: boolean;
  readonly job?: boolean;
  readonly snapshot?: boolean;
  /** Whether it still exists. */
  readonly existence?: boolean;
  /** A disk whose job has begun, moved on or ended. */
  readonly disk?: string;
}

/** A domain as a list of all of them has it. */
export interface ListedStatus {
  readonly uuid: string;
  readonly name: string;
  readonly id: number;
  readonly state: number;
  readonly reason: number;
}

const NOTHING: Ask = {};
const PAUSED_BY_ERROR: ReadonlySet<number> = new Set([VIR_DOMAIN_EVENT_IO_ERROR_PAUSE]);

/**
 * What is known of every domain, from events and answers. It does nothing by itself: each call brings the time.
 * Nothing of an event is kept beyond what it changes.
 */
export class StatusModel {
  readonly domains = new Map<string, DomainStatus>();
  /** Grows with every change, so that nobody draws the same twice. */
  version = 0;

  /** A complete list: whoever isn't on it is gone. */
  setAll(list: readonly ListedStatus[], now: number): void {
    const listed = new Set(list.map(({ uuid }) => uuid));
    for (const uuid of this.domains.keys()) if (!listed.has(uuid)) this.domains.delete(uuid);
    for (const { uuid, name, id, state, reason } of list) {
      const domain = this.#know({ uuid, name, id });
      enterState(domain, state, reason, now);
    }
    this.version += 1;
  }

  /** @param name a name, an id or a UUID, as a command takes it. */
  find(name: string): DomainStatus | undefined {
    const byUuid = this.domains.get(name.toLowerCase());
    if (byUuid) return byUuid;
    for (const domain of this.domains.values()) {
      if (domain.name === name || (domain.id > 0 && String(domain.id) === name)) return domain;
    }
    return undefined;
  }

  /** @returns what the event leaves open. */
  apply(event: DomainEvent, now: number): Ask {
    this.version += 1;
    if (event.event === 'lifecycle') return this.#lifecycle(event.domain, event.type, event.detail, now);
    const domain = this.#know(event.domain);
    switch (event.event) {
      case 'io-error':
      case 'io-error-reason':
        if (PAUSED_BY_ERROR.has(event.action)) domain.problem = ioProblem(event);
        domain.changedAt = now;
        return { state: true };
      case 'watchdog':
        domain.problem = event.action === 0 ? undefined : 'watchdog fired';
        domain.changedAt = now;
        return { state: true };
      case 'control-error':
        domain.problem = 'its monitor is out of order';
        domain.changedAt = now;
        return { state: true };
      case 'reboot':
        domain.changedAt = now;
        domain.problem = undefined;
        return { state: true };
      case 'block-job':
      case 'block-job-2':
        if (event.status === VIR_DOMAIN_BLOCK_JOB_FAILED) domain.problem = `a job on ${event.disk} failed`;
        if (event.status !== VIR_DOMAIN_BLOCK_JOB_READY) domain.blockJobs.delete(event.disk);
        domain.changedAt = now;
        return { disk: event.disk, snapshot: true };
      case 'agent-lifecycle':
        // An agent that goes takes the freeze it held with it into a restart; one that comes may be asked again.
        if (event.state === VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED)
          domain.frozen = false;
        return NOTHING;
      case 'migration-iteration':
        return { job: true };
      case 'job-completed':
        domain.job = undefined;
        domain.changedAt = now;
        return { state: true, job: true, snapshot: true };
      default:
        return NOTHING;
    }
  }

  /** An event of QEMU's own: it tells of jobs as they begin, and exactly when the processors stopped. */
  applyMonitor({ event, domain: about, seconds, micros, details }: MonitorEvent, now: number): Ask {
    const domain = this.domains.get(about.uuid);
    if (!domain) return { existence: true };
    const at = Number(seconds) * 1_000_000 + micros;
    switch (event) {
      case 'STOP':
        domain.stoppedAt = at;
        domain.measured = false;
        return NOTHING;
      case 'RESUME':
        if (domain.stoppedAt !== undefined) {
          domain.lastPause = (at - domain.stoppedAt) / 1000;
          domain.measured = true;
          domain.changedAt = now;
          this.version += 1;
        }
        domain.stoppedAt = undefined;
        return NOTHING;
      case 'MIGRATION':
        // From here to the end of a snapshot libvirt answers no question about it.
        return /"status":\s*"completed"/.test(details ?? '') ? { state: true } : { job: true, state: true };
      case 'MIGRATION_PASS':
      case 'DUMP_COMPLETED':
        return { job: true, state: true };
      case 'JOB_STATUS_CHANGE': {
        const id = /"id":\s*"([^"\\]+)"/.exec(details ?? '')?.[1];
        return id === undefined ? NOTHING : { disk: diskOfJob(id) };
      }
      default:
        return NOTHING;
    }
  }

  setState(uuid: string, state: number, reason: number, now: number): void {
    this.#change(uuid, (domain) => {
      if (domain.state !== state || domain.reason !== reason) enterState(domain, state, reason, now);
      if (state === VIR_DOMAIN_RUNNING) domain.problem = undefined;
    });
  }

  /** @param sample undefined if it runs no job. */
  setJob(uuid: string, sample: JobSample | undefined, now: number): void {
    this.#change(uuid, (domain) => {
      if (domain.job && !sample) domain.changedAt = now;
      domain.job = sample && advance(domain.job, sample, now);
    });
  }

  setBlockJob(uuid: string, disk: string, sample: JobSample | undefined, now: number): void {
    this.#change(uuid, ({ blockJobs }) => {
      if (sample) blockJobs.set(disk, advance(blockJobs.get(disk), sample, now));
      else blockJobs.delete(disk);
    });
  }

  /** @param name null for none. */
  setSnapshot(uuid: string, name: string | null): void {
    this.#change(uuid, (domain) => {
      domain.snapshot = name;
    });
  }

  setFrozen(uuid: string, frozen: boolean): void {
    this.#change(uuid, (domain) => {
      domain.frozen = frozen;
    });
  }

  /** @param command undefined once it has ended. */
  setCommand(uuid: string, command: string | undefined): void {
    this.#change(uuid, (domain) => {
      domain.command = command;
    });
  }

  setElsewhere(uuid: string, elsewhere: boolean): void {
    this.#change(uuid, (domain) => {
      domain.elsewhere = elsewhere;
    });
  }

  remove(uuid: string): void {
    if (this.domains.delete(uuid)) this.version += 1;
  }

  clear(): void {
    this.domains.clear();
    this.version += 1;
  }

  #lifecycle(about: EventDomain, type: number, detail: number, now: number): Ask {
    if (type === VIR_DOMAIN_EVENT_UNDEFINED) {
      const domain = this.domains.get(about.uuid);
      // One that runs goes on, for as long as it runs.
      if (!domain || domain.state === VIR_DOMAIN_SHUTOFF || domain.state === 0) {
        this.domains.delete(about.uuid);
        return NOTHING;
      }
      return { existence: true };
    }
    const domain = this.#know(about);
    if (type === VIR_DOMAIN_EVENT_DEFINED) {
      if (domain.state === 0) enterState(domain, VIR_DOMAIN_SHUTOFF, 0, now);
      return { state: true, snapshot: true };
    }
    const after = stateAfter(type, detail);
    if (!after) return { state: true };
    enterState(domain, after.state, after.reason, now);
    domain.changedAt = now;
    if (type === VIR_DOMAIN_EVENT_STOPPED) {
      domain.id = -1;
      domain.job = undefined;
      domain.blockJobs.clear();
      domain.frozen = false;
      domain.problem = undefined;
      domain.stoppedAt = undefined;
      return { existence: true, snapshot: true };
    }
    if (after.state === VIR_DOMAIN_RUNNING) {
      domain.problem = undefined;
      return { snapshot: true, job: domain.job !== undefined };
    }
    return { state: true };
  }

  #know({ uuid, name, id }: EventDomain): DomainStatus {
    let domain = this.domains.get(uuid);
    if (!domain) {
      domain = newDomain(uuid, name, id);
      this.domains.set(uuid, domain);
    }
    domain.name = name;
    domain.id = id;
    return domain;
  }

  #change(uuid: string, change: (domain: DomainStatus) => void): void {
    const domain = this.domains.get(uuid);
    if (!domain) return;
    change(domain);
    this.version += 1;
  }
}

function ioProblem(event: Extract<DomainEvent, { event: 'io-error' | 'io-error-reason' }>): string {
  const reason = event.event === 'io-error-reason' && event.reason ? `: ${event.reason}` : '';
  return `I/O error${event.device ? ` on ${event.device}` : ''}${reason}`;
}
