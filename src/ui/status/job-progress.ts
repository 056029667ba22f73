import {
  VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT,
  VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COPY,
  VIR_DOMAIN_BLOCK_JOB_TYPE_PULL,
  VIR_DOMAIN_JOB_BOUNDED,
  VIR_DOMAIN_JOB_DATA_PROCESSED,
  VIR_DOMAIN_JOB_DATA_REMAINING,
  VIR_DOMAIN_JOB_DATA_TOTAL,
  VIR_DOMAIN_JOB_DISK_PROCESSED,
  VIR_DOMAIN_JOB_DISK_REMAINING,
  VIR_DOMAIN_JOB_DISK_TOTAL,
  VIR_DOMAIN_JOB_MEMORY_PROCESSED,
  VIR_DOMAIN_JOB_MEMORY_REMAINING,
  VIR_DOMAIN_JOB_MEMORY_TOTAL,
  VIR_DOMAIN_JOB_UNBOUNDED,
} from '../../hypervisor/constants.js';
import { type BlockJobInfo, type JobStats, jobOperationWord } from '../../hypervisor/index.js';

/** What a job that takes a snapshot is called in `what`; virsh's word for it. */
export const SNAPSHOT_JOB = 'Snapshot';

/** How far a job was when it was last asked; bytes. */
export interface JobSample {
  /** What it does: `Snapshot`, `Commit vda`. */
  readonly what: string;
  readonly done: number;
  readonly remaining: number;
  /** 0 if nobody knows. */
  readonly total: number;
}

/** A job as it is shown; times in ms of the clock that samples are stamped with. */
export interface JobProgress extends JobSample {
  readonly since: number;
  readonly sampledAt: number;
  /** Bytes a second, smoothed; undefined until two samples tell. */
  readonly rate: number | undefined;
}

/** How much the latest two samples count in the rate. */
const WEIGHT = 0.4;

/** A job after one more sample; one that has another purpose, or begins anew, is another job. */
export function advance(before: JobProgress | undefined, sample: JobSample, now: number): JobProgress {
  if (!before || before.what !== sample.what || sample.done < before.done) {
    return { ...sample, since: now, sampledAt: now, rate: undefined };
  }
  const elapsed = now - before.sampledAt;
  if (elapsed <= 0) return { ...before, ...sample };
  const latest = ((sample.done - before.done) * 1000) / elapsed;
  const rate = before.rate === undefined ? latest : before.rate + (latest - before.rate) * WEIGHT;
  return { ...sample, since: before.since, sampledAt: now, rate };
}

/** Seconds that are left; undefined if that can't be told. */
export function secondsLeft({ remaining, rate, total }: JobProgress): number | undefined {
  return total > 0 && remaining > 0 && rate !== undefined && rate > 0 ? remaining / rate : undefined;
}

/** From 0 to 1; undefined if the job's size isn't known. */
export function share({ remaining, total }: JobSample): number | undefined {
  return total > 0 ? Math.min(1, Math.max(0, (total - remaining) / total)) : undefined;
}

/** The job that a domain runs; undefined if it runs none. Fields that a driver leaves out are found in others. */
export function sampleOfStats(stats: JobStats): JobSample | undefined {
  if (stats.type !== VIR_DOMAIN_JOB_BOUNDED && stats.type !== VIR_DOMAIN_JOB_UNBOUNDED) return undefined;
  const of = (name: string): number => Number(stats.params.find(({ field }) => field === name)?.value ?? 0);
  const sum = (whole: string, memory: string, disk: string): number => of(whole) || of(memory) + of(disk);
  const done = sum(
    VIR_DOMAIN_JOB_DATA_PROCESSED,
    VIR_DOMAIN_JOB_MEMORY_PROCESSED,
    VIR_DOMAIN_JOB_DISK_PROCESSED,
  );
  const remaining = sum(
    VIR_DOMAIN_JOB_DATA_REMAINING,
    VIR_DOMAIN_JOB_MEMORY_REMAINING,
    VIR_DOMAIN_JOB_DISK_REMAINING,
  );
  const total = sum(VIR_DOMAIN_JOB_DATA_TOTAL, VIR_DOMAIN_JOB_MEMORY_TOTAL, VIR_DOMAIN_JOB_DISK_TOTAL);
  const what = jobOperationWord(stats);
  return { what: what === 'Unknown' ? 'Job' : what, done, remaining, total };
}

const BLOCK_JOBS: Readonly<Record<number, string>> = {
  [VIR_DOMAIN_BLOCK_JOB_TYPE_PULL]: 'Pull',
  [VIR_DOMAIN_BLOCK_JOB_TYPE_COPY]: 'Copy',
  [VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT]: 'Commit',
  [VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT]: 'Active commit',
  [VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP]: 'Backup',
};

export function sampleOfBlockJob(disk: string, { type, cur, end }: BlockJobInfo): JobSample {
  return {
    what: `${BLOCK_JOBS[type] ?? 'Block job'} ${disk}`,
    done: Number(cur),
    remaining: Number(end - cur),
    total: Number(end),
  };
}

/**
 * The disk in the name that libvirt gives a job in QEMU (`commit-vda-libvirt-3-format`); the name itself where it is
 * not one of libvirt's.
 */
export const diskOfJob = (id: string): string => /^[a-z]+-(.+?)-libvirt-\d+-/.exec(id)?.[1] ?? id;
