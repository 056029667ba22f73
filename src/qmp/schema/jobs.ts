/** JobStatus. */
export type JobStatus =
  | 'undefined'
  | 'created'
  | 'running'
  | 'paused'
  | 'ready'
  | 'standby'
  | 'waiting'
  | 'pending'
  | 'aborting'
  | 'concluded'
  | 'null';

/** JobInfo. */
export interface Job {
  id: string;
  type: string;
  status: JobStatus;
  /** In units that only the job's type knows; total may change as it runs. */
  'current-progress': number;
  'total-progress': number;
  error?: string;
}

/** BlockJobInfo, in part. */
export interface BlockJob {
  type: string;
  device: string;
  len: number;
  offset: number;
  busy: boolean;
  paused: boolean;
  speed: number;
  'io-status': string;
  ready: boolean;
  status: JobStatus;
  error?: string;
}

/** What all commands take that start a block job. */
export interface BlockJobArguments {
  'job-id'?: string;
  speed?: number;
  'auto-finalize'?: boolean;
  'auto-dismiss'?: boolean;
  'on-error'?: 'report' | 'ignore' | 'enospc' | 'stop' | 'auto';
}
