import type { TypedParameter } from './typed-parameter.js';

/** virDomainJobInfo: times in ms, amounts in bytes; `type` is VIR_DOMAIN_JOB_NONE, BOUNDED, UNBOUNDED and so on. */
export interface JobInfo {
  type: number;
  timeElapsed: bigint;
  timeRemaining: bigint;
  dataTotal: bigint;
  dataProcessed: bigint;
  dataRemaining: bigint;
  memTotal: bigint;
  memProcessed: bigint;
  memRemaining: bigint;
  fileTotal: bigint;
  fileProcessed: bigint;
  fileRemaining: bigint;
}

/** virDomainGetJobStats: fields are named by VIR_DOMAIN_JOB_*. */
export interface JobStats {
  type: number;
  params: TypedParameter[];
}

/** virDomainBlockJobInfo: `cur` of `end` units done, bandwidth in MiB/s, or bytes/s if asked so by flags. */
export interface BlockJobInfo {
  type: number;
  bandwidth: bigint;
  cur: bigint;
  end: bigint;
}

/** The one job a domain can run, and the block jobs of its disks. */
export interface DomainJobs {
  getJobInfo(): Promise<JobInfo>;
  getJobStats(flags?: number): Promise<JobStats>;
  abortJob(): Promise<void>;
  abortJobFlags(flags?: number): Promise<void>;
  migrateGetMaxDowntime(flags?: number): Promise<bigint>;
  /** @param downtime ms. */
  migrateSetMaxDowntime(downtime: bigint, flags?: number): Promise<void>;
  migrateGetCompressionCache(flags?: number): Promise<bigint>;
  /** @param size bytes. */
  migrateSetCompressionCache(size: bigint, flags?: number): Promise<void>;
  /** MiB/s. */
  migrateGetMaxSpeed(flags?: number): Promise<bigint>;
  migrateSetMaxSpeed(bandwidth: bigint, flags?: number): Promise<void>;
  /** Migrates to where a URI leads, without this process in between. */
  migrateToURI3(uri: string, parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  /** Migrates with this process between source and destination. */
  migrate3(uri: string, parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  migrateStartPostCopy(flags?: number): Promise<void>;
  /** The job of a disk, or null if it has none. */
  getBlockJobInfo(disk: string, flags?: number): Promise<BlockJobInfo | null>;
  blockJobAbort(disk: string, flags?: number): Promise<void>;
  blockJobSetSpeed(disk: string, bandwidth: bigint, flags?: number): Promise<void>;
  blockPull(disk: string, bandwidth: bigint, flags?: number): Promise<void>;
  blockRebase(disk: string, base: string | null, bandwidth: bigint, flags?: number): Promise<void>;
  blockCommit(
    disk: string,
    base: string | null,
    top: string | null,
    bandwidth: bigint,
    flags?: number,
  ): Promise<void>;
  blockCopy(disk: string, xml: string, parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  backupBegin(backupXML: string, checkpointXML: string | null, flags?: number): Promise<void>;
  backupGetXMLDesc(flags?: number): Promise<string>;
}
