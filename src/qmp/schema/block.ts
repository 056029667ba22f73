/** SnapshotInfo: an internal snapshot of a qcow2 image. */
export interface ImageSnapshot {
  id: string;
  name: string;
  /** Bytes of saved machine state; 0 for a snapshot of the disk alone. */
  'vm-state-size': number;
  /** Host time when it was taken. */
  'date-sec': number;
  'date-nsec': number;
  /** Guest time since its start. */
  'vm-clock-sec': number;
  'vm-clock-nsec': number;
  icount?: number;
}

/** ImageInfo, in part. */
export interface Image {
  filename: string;
  format: string;
  /** Bytes the guest sees. */
  'virtual-size': number;
  /** Bytes on the host's disk. */
  'actual-size'?: number;
  'backing-filename'?: string;
  'full-backing-filename'?: string;
  'backing-filename-format'?: string;
  'dirty-flag'?: boolean;
  encrypted?: boolean;
  snapshots?: ImageSnapshot[];
  /** Left out where the query was flat. */
  'backing-image'?: Image;
}

/** The limits of BlockIOThrottle and BlockDeviceInfo: bytes and operations a second, and lengths of bursts in seconds. */
export interface ThrottleLimits {
  bps: number;
  bps_rd: number;
  bps_wr: number;
  iops: number;
  iops_rd: number;
  iops_wr: number;
  bps_max?: number;
  bps_rd_max?: number;
  bps_wr_max?: number;
  iops_max?: number;
  iops_rd_max?: number;
  iops_wr_max?: number;
  bps_max_length?: number;
  bps_rd_max_length?: number;
  bps_wr_max_length?: number;
  iops_max_length?: number;
  iops_rd_max_length?: number;
  iops_wr_max_length?: number;
  iops_size?: number;
  /** Devices of one group share their limits. */
  group?: string;
}

/** BlockDeviceInfo, in part: one node of the block graph. */
export interface BlockNode extends Partial<ThrottleLimits> {
  'node-name'?: string;
  /** The driver: qcow2, raw, file, host_device, nbd, … */
  drv: string;
  /** The file name, or a json: pseudo-protocol name. */
  file: string;
  ro: boolean;
  active?: boolean;
  backing_file?: string;
  backing_file_depth: number;
  encrypted: boolean;
  detect_zeroes: 'off' | 'on' | 'unmap';
  cache: { writeback: boolean; direct: boolean; 'no-flush': boolean };
  image: Image;
  'dirty-bitmaps'?: DirtyBitmap[];
}

/** BlockDirtyInfo. */
export interface DirtyBitmap {
  name?: string;
  count: number;
  granularity: number;
  recording: boolean;
  busy: boolean;
  persistent: boolean;
  inconsistent?: boolean;
}

/** BlockInfo, in part: a guest device, or a -drive without one. */
export interface BlockDevice {
  /** The -drive id; empty where the disk was given by -blockdev. */
  device: string;
  /** The device's id, or its QOM path where it has none. */
  qdev?: string;
  type: string;
  removable: boolean;
  locked: boolean;
  tray_open?: boolean;
  'io-status'?: 'ok' | 'failed' | 'nospace';
  /** The node it is on; left out where no medium is in. */
  inserted?: BlockNode;
}

/** XDbgBlockGraph: who uses whom in the block layer. */
export interface DebugBlockGraph {
  nodes: { id: number; type: 'block-backend' | 'block-job' | 'block-driver'; name: string }[];
  /** Parent uses child; `name` is the role: root, file, backing, … */
  edges: { parent: number; child: number; name: string; perm: string[]; 'shared-perm': string[] }[];
}

/** BlockdevOptions: the driver decides what else. A child is given by its node-name, or in place. */
export interface BlockdevOptions {
  driver: string;
  'node-name'?: string;
  'read-only'?: boolean;
  file?: string | BlockdevOptions;
  backing?: string | BlockdevOptions | null;
  [option: string]: unknown;
}

/** BlockStats, in part: counters since the start. */
export interface BlockStatistics {
  device?: string;
  qdev?: string;
  'node-name'?: string;
  stats: {
    rd_bytes: number;
    wr_bytes: number;
    rd_operations: number;
    wr_operations: number;
    flush_operations: number;
    rd_total_time_ns: number;
    wr_total_time_ns: number;
    flush_total_time_ns: number;
    wr_highest_offset: number;
  };
}

/** BlockdevSnapshotInternal. */
export interface InternalSnapshot {
  device: string;
  name: string;
}

/** BlockdevSnapshotSync. */
export interface SnapshotSync {
  device?: string;
  'node-name'?: string;
  'snapshot-file': string;
  'snapshot-node-name'?: string;
  format?: string;
  mode?: 'existing' | 'absolute-paths';
}

export type SyncMode = 'top' | 'full' | 'none' | 'incremental' | 'bitmap';

/** BlockdevBackup. */
export interface BackupArguments {
  'job-id'?: string;
  device: string;
  target: string;
  sync: SyncMode;
  speed?: number;
  bitmap?: string;
  'bitmap-mode'?: 'on-success' | 'never' | 'always';
  'auto-finalize'?: boolean;
  'auto-dismiss'?: boolean;
}

/** DriveMirror, in part: a copy to a file that QEMU makes (`absolute-paths`) or finds. */
export interface DriveMirrorArguments {
  'job-id'?: string;
  /** A device's id, or a node's name. */
  device: string;
  target: string;
  format?: string;
  'node-name'?: string;
  sync: SyncMode;
  mode?: 'existing' | 'absolute-paths';
  speed?: number;
  'auto-finalize'?: boolean;
  'auto-dismiss'?: boolean;
}

export interface BitmapArguments {
  node: string;
  name: string;
}

/** TransactionAction: all of them happen, or none. */
export type TransactionAction =
  | { type: 'blockdev-snapshot'; data: { node: string; overlay: string } }
  | { type: 'blockdev-snapshot-sync'; data: SnapshotSync }
  | { type: 'blockdev-snapshot-internal-sync'; data: InternalSnapshot }
  | { type: 'blockdev-backup'; data: BackupArguments }
  | {
      type: 'block-dirty-bitmap-add';
      data: BitmapArguments & { granularity?: number; persistent?: boolean; disabled?: boolean };
    }
  | { type: 'block-dirty-bitmap-remove'; data: BitmapArguments }
  | { type: 'block-dirty-bitmap-clear'; data: BitmapArguments }
  | { type: 'block-dirty-bitmap-enable'; data: BitmapArguments }
  | { type: 'block-dirty-bitmap-disable'; data: BitmapArguments }
  | {
      type: 'block-dirty-bitmap-merge';
      data: { node: string; target: string; bitmaps: (string | BitmapArguments)[] };
    };
