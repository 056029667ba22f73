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

/** CpuInstanceProperties, in part: where on the board it sits. */
export interface CpuPlace {
  'node-id'?: number;
  'socket-id'?: number;
  'die-id'?: number;
  'core-id'?: number;
  'thread-id'?: number;
}

/** CpuInfoFast, in part. */
export interface Cpu {
  'cpu-index': number;
  'qom-path': string;
  /** Of its thread on the host. */
  'thread-id': number;
  props?: CpuPlace;
  target: string;
}

/** HotpluggableCPU: one that is there, or a place for one. */
export interface HotpluggableCpu {
  /** The device to add. */
  type: string;
  'vcpus-count': number;
  props: CpuPlace;
  /** Left out where the place is empty. */
  'qom-path'?: string;
}

/** MemoryDeviceInfo; the members are those of a `dimm`, and of others what they share with it. */
export interface MemoryDevice {
  type: string;
  data?: { id?: string; memdev: string; size: number; node: number; slot?: number; addr?: number };
}

/** PciDeviceInfo. */
export interface PciDevice {
  bus: number;
  slot: number;
  function: number;
  class_info: { desc?: string; class: number };
  id: { device: number; vendor: number; subsystem?: number; 'subsystem-vendor'?: number };
  irq?: number;
  /** 0: none; 1: INTA, … */
  irq_pin: number;
  /** Empty where it was given none. */
  qdev_id: string;
  pci_bridge?: {
    bus: {
      number: number;
      secondary: number;
      subordinate: number;
      io_range: PciRange;
      memory_range: PciRange;
      prefetchable_range: PciRange;
    };
    /** What is behind it. */
    devices?: PciDevice[];
  };
  regions: {
    bar: number;
    type: string;
    /** -1 where the guest has not placed it. */
    address: number;
    size: number;
    prefetch?: boolean;
    mem_type_64?: boolean;
  }[];
}

/** PciMemoryRange: addresses of the guest. */
export interface PciRange {
  base: number;
  limit: number;
}

/** PciInfo. */
export interface PciBus {
  bus: number;
  devices: PciDevice[];
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

/** KeyValue. */
export type Key = { type: 'number'; data: number } | { type: 'qcode'; data: string };

/** IOThreadInfo. */
export interface IoThread {
  id: string;
  /** Of its thread on the host. */
  'thread-id': number;
  'poll-max-ns': number;
  'poll-grow': number;
  'poll-shrink': number;
  'aio-max-batch': number;
}

/** VncInfo2, in part. */
export interface VncServer {
  id: string;
  server: {
    /** An address, or a socket's path. */
    host: string;
    service: string;
    family: 'ipv4' | 'ipv6' | 'unix' | 'vsock' | 'unknown';
    websocket: boolean;
  }[];
}

/** SpiceInfo, in part. */
export interface Spice {
  enabled: boolean;
  host?: string;
  port?: number;
  'tls-port'?: number;
}
