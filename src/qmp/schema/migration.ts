/** MigrationStatus. */
export type MigrationStatus =
  | 'none'
  | 'setup'
  | 'cancelling'
  | 'cancelled'
  | 'active'
  | 'postcopy-active'
  | 'postcopy-paused'
  | 'postcopy-recover'
  | 'postcopy-recover-setup'
  | 'completed'
  | 'failed'
  | 'colo'
  | 'pre-switchover'
  | 'device'
  | 'wait-unplug';

/** MigrationInfo, in part. Times in milliseconds, sizes in bytes; all but the status only once it has begun. */
export interface Migration {
  status?: MigrationStatus;
  'total-time'?: number;
  'setup-time'?: number;
  downtime?: number;
  'expected-downtime'?: number;
  ram?: {
    transferred: number;
    remaining: number;
    total: number;
    /** Pages sent as contents, and as "all bytes alike". */
    normal: number;
    duplicate: number;
    'normal-bytes': number;
    'dirty-pages-rate': number;
    'dirty-sync-count': number;
    'page-size': number;
    mbps: number;
  };
  'error-desc'?: string;
  'blocked-reasons'?: string[];
}

/** MigrationCapability: those named here, and any other QEMU knows. */
export type MigrationCapability =
  | 'background-snapshot'
  | 'events'
  | 'auto-converge'
  | 'multifd'
  | 'pause-before-switchover'
  | 'return-path'
  | 'xbzrle'
  | 'mapped-ram'
  | (string & {});

export interface MigrationCapabilityState {
  capability: MigrationCapability;
  state: boolean;
}

/** MigrationParameters, in part. */
export interface MigrationParameters {
  /** Bytes a second; 0 is unlimited. */
  'max-bandwidth'?: number;
  'max-postcopy-bandwidth'?: number;
  /** Bytes. */
  'xbzrle-cache-size'?: number;
  /** Milliseconds. */
  'downtime-limit'?: number;
  'cpu-throttle-initial'?: number;
  'cpu-throttle-increment'?: number;
  'multifd-channels'?: number;
  mode?: 'normal' | 'cpr-reboot';
}

/** DirtyRateInfo, in part. */
export interface DirtyRate {
  status: 'unstarted' | 'measuring' | 'measured';
  /** MiB a second. */
  'dirty-rate'?: number;
  'start-time': number;
  'calc-time': number;
  mode?: 'page-sampling' | 'dirty-ring' | 'dirty-bitmap';
  /** MiB a second, where each virtual CPU was measured. */
  'vcpu-dirty-rate'?: { id: number; 'dirty-rate': number }[];
}

/** YankInstance: a connection of QEMU's that can be cut off. */
export type YankInstance =
  | { type: 'block-node'; 'node-name': string }
  | { type: 'chardev'; id: string }
  | { type: 'migration' };
