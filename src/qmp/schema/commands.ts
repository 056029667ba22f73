import type {
  BackupArguments,
  BitmapArguments,
  BlockDevice,
  BlockdevOptions,
  BlockNode,
  BlockStatistics,
  DebugBlockGraph,
  DriveMirrorArguments,
  ImageSnapshot,
  InternalSnapshot,
  SnapshotSync,
  SyncMode,
  ThrottleLimits,
  TransactionAction,
} from './block.js';
import type { SchemaEntry } from './introspection.js';
import type { BlockJob, BlockJobArguments, Job } from './jobs.js';
import type {
  CharDevice,
  Cpu,
  DumpFormat,
  DumpProgress,
  HotpluggableCpu,
  IoThread,
  Key,
  Machine,
  MemoryDevice,
  MemorySize,
  ObjectProperty,
  PciBus,
  Spice,
  Status,
  Version,
  VncServer,
} from './machine.js';
import type {
  DirtyRate,
  Migration,
  MigrationCapabilityState,
  MigrationParameters,
  YankInstance,
} from './migration.js';

/** A command's arguments and what it returns. */
interface Command<Arguments, Returns = Record<string, never>> {
  arguments: Arguments;
  returns: Returns;
}

type None = undefined;

/**
 * The commands whose arguments and returns are typed, as QEMU's QAPI schema has them (qapi/*.json of QEMU 7.2 and
 * 10.0; parts that nobody here uses are left out). Those that answer with nothing answer `{}`.
 */
export interface Commands {
  // The monitor itself
  qmp_capabilities: Command<{ enable?: string[] } | None>;
  'query-commands': Command<None, { name: string }[]>;
  'query-qmp-schema': Command<None, SchemaEntry[]>;
  'human-monitor-command': Command<{ 'command-line': string; 'cpu-index'?: number }, string>;
  getfd: Command<{ fdname: string }>;
  closefd: Command<{ fdname: string }>;
  'add-fd': Command<{ 'fdset-id'?: number; opaque?: string } | None, { 'fdset-id': number; fd: number }>;
  'query-fdsets': Command<None, { 'fdset-id': number; fds: { fd: number; opaque?: string }[] }[]>;
  'remove-fd': Command<{ 'fdset-id': number; fd?: number }>;

  // The machine
  'query-status': Command<None, Status>;
  'query-version': Command<None, Version>;
  'query-name': Command<None, { name?: string }>;
  'query-uuid': Command<None, { UUID: string }>;
  'query-kvm': Command<None, { enabled: boolean; present: boolean }>;
  'query-machines': Command<None, Machine[]>;
  'query-chardev': Command<None, CharDevice[]>;
  'query-cpus-fast': Command<None, Cpu[]>;
  'query-hotpluggable-cpus': Command<None, HotpluggableCpu[]>;
  'query-pci': Command<None, PciBus[]>;
  'query-memory-size-summary': Command<None, MemorySize>;
  device_add: Command<{ driver: string; id?: string; bus?: string } & Record<string, unknown>>;
  'query-balloon': Command<None, { actual: number }>;
  'qom-list': Command<{ path: string }, ObjectProperty[]>;
  'qom-get': Command<{ path: string; property: string }, unknown>;
  'qom-set': Command<{ path: string; property: string; value: unknown }>;
  'send-key': Command<{ keys: Key[]; 'hold-time'?: number }>;
  set_link: Command<{ name: string; up: boolean }>;
  balloon: Command<{ value: number }>;
  device_del: Command<{ id: string }>;
  'object-add': Command<{ 'qom-type': string; id: string } & Record<string, unknown>>;
  'object-del': Command<{ id: string }>;
  'query-iothreads': Command<None, IoThread[]>;
  netdev_add: Command<{ type: string; id: string } & Record<string, unknown>>;
  netdev_del: Command<{ id: string }>;
  'chardev-add': Command<{ id: string; backend: { type: string; data: unknown } }, { pty?: string }>;
  'chardev-remove': Command<{ id: string }>;
  'query-memory-devices': Command<None, MemoryDevice[]>;
  'query-current-machine': Command<None, { 'wakeup-suspend-support': boolean }>;
  'set-action': Command<{ reboot?: string; shutdown?: string; panic?: string; watchdog?: string }>;
  'watchdog-set-action': Command<{ action: string }>;
  'query-chardev-backends': Command<None, { name: string }[]>;
  'query-vnc-servers': Command<None, VncServer[]>;
  'query-spice': Command<None, Spice>;
  screendump: Command<{ filename: string; device?: string; head?: number; format?: 'ppm' | 'png' }>;
  stop: Command<None>;
  cont: Command<None>;
  system_reset: Command<None>;
  system_powerdown: Command<None>;
  system_wakeup: Command<None>;
  'inject-nmi': Command<None>;
  quit: Command<None>;

  // Block nodes
  'query-block': Command<None, BlockDevice[]>;
  'query-named-block-nodes': Command<{ flat?: boolean } | None, BlockNode[]>;
  'query-blockstats': Command<{ 'query-nodes'?: boolean } | None, BlockStatistics[]>;
  'x-debug-query-block-graph': Command<None, DebugBlockGraph>;
  'blockdev-add': Command<BlockdevOptions & { 'node-name': string }>;
  'blockdev-del': Command<{ 'node-name': string }>;
  'blockdev-create': Command<{ 'job-id': string; options: { driver: string } & Record<string, unknown> }>;
  'blockdev-reopen': Command<{ options: (BlockdevOptions & { 'node-name': string })[] }>;
  'blockdev-open-tray': Command<{ id: string; force?: boolean }>;
  'blockdev-close-tray': Command<{ id: string }>;
  'blockdev-remove-medium': Command<{ id: string }>;
  'blockdev-insert-medium': Command<{ id: string; 'node-name': string }>;
  block_resize: Command<{ 'node-name'?: string; device?: string; size: number }>;
  block_set_io_throttle: Command<({ id: string } | { device: string }) & ThrottleLimits>;
  'block-set-write-threshold': Command<{ 'node-name': string; 'write-threshold': number }>;
  'block-dirty-bitmap-add': Command<
    BitmapArguments & { granularity?: number; persistent?: boolean; disabled?: boolean }
  >;
  'block-dirty-bitmap-remove': Command<BitmapArguments>;
  'block-export-add': Command<{ type: string; id: string; 'node-name': string } & Record<string, unknown>>;
  'query-block-exports': Command<None, { id: string; type: string; 'node-name': string }[]>;
  'block-export-del': Command<{ id: string; mode?: 'safe' | 'hard' }>;
  'nbd-server-start': Command<{ addr: { type: string; data: unknown }; 'max-connections'?: number }>;
  'nbd-server-stop': Command<None>;

  // Snapshots
  transaction: Command<{
    actions: TransactionAction[];
    properties?: { 'completion-mode'?: 'individual' | 'grouped' };
  }>;
  'blockdev-snapshot': Command<{ node: string; overlay: string }>;
  'blockdev-snapshot-sync': Command<SnapshotSync>;
  'blockdev-snapshot-internal-sync': Command<InternalSnapshot>;
  'blockdev-snapshot-delete-internal-sync': Command<
    { device: string; id?: string; name?: string },
    ImageSnapshot
  >;
  'snapshot-save': Command<{ 'job-id': string; tag: string; vmstate: string; devices: string[] }>;
  'snapshot-load': Command<{ 'job-id': string; tag: string; vmstate: string; devices: string[] }>;
  'snapshot-delete': Command<{ 'job-id': string; tag: string; devices: string[] }>;

  // Jobs
  'query-jobs': Command<None, Job[]>;
  'query-block-jobs': Command<None, BlockJob[]>;
  'job-cancel': Command<{ id: string }>;
  'job-complete': Command<{ id: string }>;
  'job-dismiss': Command<{ id: string }>;
  'job-finalize': Command<{ id: string }>;
  'job-pause': Command<{ id: string }>;
  'job-resume': Command<{ id: string }>;
  'block-job-cancel': Command<{ device: string; force?: boolean }>;
  'block-job-complete': Command<{ device: string }>;
  'block-job-set-speed': Command<{ device: string; speed: number }>;
  'block-commit': Command<
    BlockJobArguments & { device: string; 'base-node'?: string; 'top-node'?: string; 'backing-file'?: string }
  >;
  'block-stream': Command<
    BlockJobArguments & { device: string; 'base-node'?: string; bottom?: string; 'backing-file'?: string }
  >;
  'drive-mirror': Command<DriveMirrorArguments>;
  'blockdev-mirror': Command<
    Omit<BlockJobArguments, 'on-error'> & {
      device: string;
      target: string;
      sync: SyncMode;
      replaces?: string;
      granularity?: number;
      'buf-size'?: number;
      'copy-mode'?: 'background' | 'write-blocking';
    }
  >;
  'blockdev-backup': Command<BackupArguments>;

  // Migration
  'query-migrate': Command<None, Migration>;
  'query-migrate-capabilities': Command<None, MigrationCapabilityState[]>;
  'query-migrate-parameters': Command<None, MigrationParameters>;
  'migrate-set-capabilities': Command<{ capabilities: MigrationCapabilityState[] }>;
  'migrate-set-parameters': Command<MigrationParameters>;
  migrate: Command<{ uri: string; detach?: boolean }>;
  'migrate-incoming': Command<{ uri: string }>;
  migrate_cancel: Command<None>;
  'migrate-continue': Command<{ state: 'pre-switchover' }>;
  'calc-dirty-rate': Command<{
    'calc-time': number;
    'sample-pages'?: number;
    mode?: 'page-sampling' | 'dirty-ring' | 'dirty-bitmap';
  }>;
  'query-dirty-rate': Command<None, DirtyRate>;
  'query-yank': Command<None, YankInstance[]>;
  yank: Command<{ instances: YankInstance[] }>;

  // Memory dumps
  'dump-guest-memory': Command<{
    paging: boolean;
    protocol: string;
    detach?: boolean;
    /** Both or none, in bytes of the guest's memory, and not with the kdump formats. */
    begin?: number;
    length?: number;
    format?: DumpFormat;
  }>;
  'query-dump': Command<None, DumpProgress>;
  'query-dump-guest-memory-capability': Command<None, { formats: DumpFormat[] }>;
}

export type KnownCommand = keyof Commands;

/** What a command takes: exactly its own arguments if it is known, any object if not. */
export type CommandArguments<Name extends string> = Name extends KnownCommand
  ? Commands[Name]['arguments']
  : Record<string, unknown> | undefined;

/** What a command returns. */
export type CommandReturns<Name extends string> = Name extends KnownCommand
  ? Commands[Name]['returns']
  : unknown;
