/** RunState: what query-status says the machine does. */
export type RunState =
  | 'debug'
  | 'inmigrate'
  | 'internal-error'
  | 'io-error'
  | 'paused'
  | 'postmigrate'
  | 'prelaunch'
  | 'finish-migrate'
  | 'restore-vm'
  | 'running'
  | 'save-vm'
  | 'shutdown'
  | 'suspended'
  | 'watchdog'
  | 'guest-panicked'
  | 'colo';

/** StatusInfo. */
export interface Status {
  running: boolean;
  status: RunState;
}

/** VersionInfo. */
export interface Version {
  qemu: { major: number; minor: number; micro: number };
  package: string;
}

/** CharDeviceInfo. */
export interface CharDevice {
  label: string;
  /** What it is connected to, in QEMU's own notation, for example `disconnected:unix:/run/ga.sock,server=on`. */
  filename: string;
  /** Whether the guest's side is open: for an agent's port, whether a process in the guest holds it open. */
  'frontend-open': boolean;
}

/** ObjectPropertyInfo. */
export interface ObjectProperty {
  name: string;
  /** For example `string`, or `child<virtserialport>`. */
  type: string;
  description?: string;
}

/** MachineInfo, in part. */
export interface Machine {
  name: string;
  alias?: string;
  'is-default'?: boolean;
  deprecated: boolean;
}

/** MemoryInfo, in bytes. */
export interface MemorySize {
  'base-memory': number;
  'plugged-memory'?: number;
}

/** CpuInfoFast, in part. */
export interface Cpu {
  'cpu-index': number;
  'qom-path': string;
  'thread-id': number;
  target: string;
}

/** DumpGuestMemoryFormat. */
export type DumpFormat =
  | 'elf'
  | 'kdump-zlib'
  | 'kdump-lzo'
  | 'kdump-snappy'
  | 'kdump-raw-zlib'
  | 'kdump-raw-lzo'
  | 'kdump-raw-snappy'
  | 'win-dmp';

/** DumpQueryResult, in bytes. */
export interface DumpProgress {
  status: 'none' | 'active' | 'completed' | 'failed';
  completed: number;
  total: number;
}
