import {
  VIR_DOMAIN_JOB_DOWNTIME,
  VIR_DOMAIN_JOB_MEMORY_PROCESSED,
  VIR_DOMAIN_JOB_OPERATION,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT,
  VIR_DOMAIN_JOB_STATS_COMPLETED,
  VIR_DOMAIN_JOB_TIME_ELAPSED,
} from '../hypervisor/constants.js';
import type { Domain } from '../hypervisor/index.js';

/** What the hypervisor measured of a finished snapshot job; what it did not measure is left out. */
export interface JobMeasurement {
  /** How long the guest stood still while its memory was brought to an end, in ms. */
  readonly pauseMs?: bigint;
  /** The whole job, in ms. */
  readonly elapsedMs?: bigint;
  /** Memory written, in bytes; with --live more than the guest has, if it kept changing it. */
  readonly memoryBytes?: bigint;
}

/**
 * The measurements of the domain's last job, if that was a snapshot. libvirt keeps them until they are asked for
 * once, and only for jobs that wrote memory to a file (virDomainGetJobStats).
 */
export async function lastSnapshotJob(domain: Domain): Promise<JobMeasurement> {
  const { params } = await domain.getJobStats(VIR_DOMAIN_JOB_STATS_COMPLETED);
  const number = (field: string): bigint | undefined => {
    const value = params.find((parameter) => parameter.field === field)?.value;
    return typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : undefined;
  };
  if (number(VIR_DOMAIN_JOB_OPERATION) !== BigInt(VIR_DOMAIN_JOB_OPERATION_SNAPSHOT)) return {};
  return {
    pauseMs: number(VIR_DOMAIN_JOB_DOWNTIME),
    elapsedMs: number(VIR_DOMAIN_JOB_TIME_ELAPSED),
    memoryBytes: number(VIR_DOMAIN_JOB_MEMORY_PROCESSED),
  } as JobMeasurement;
}
