import {
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';

/**
 * What excludes and requires what when snapshots are made, listed and edited: the one table of it. A connection to
 * libvirt leaves the checking of creation to libvirt; a driver of ours that stands in libvirt's place asks
 * `checkCreate`, and answers the same.
 */

/** Who checks: virsh before it calls, libvirt's library before the driver, or its QEMU driver. */
export type Checker = 'library' | 'qemu';

/** What is true of the domain and the request, as far as the rules need it. */
export interface CreateFacts {
  readonly active: boolean;
  readonly persistent: boolean;
  /** Memory goes to a file of its own. */
  readonly externalMemory: boolean;
  /** Memory was asked to be left out, without --disk-only. */
  readonly memoryLeftOut: boolean;
}

export interface CreateRule {
  readonly checker: Checker;
  /** virErrorNumber. */
  readonly code: number;
  readonly message: string;
  readonly broken: (flags: number, facts: CreateFacts) => boolean;
}

type FlagName = 'REDEFINE' | 'CURRENT' | 'NO_METADATA' | 'HALT' | 'DISK_ONLY' | 'QUIESCE' | 'LIVE';

const bits: Readonly<Record<FlagName, number>> = {
  REDEFINE: VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  CURRENT: VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  NO_METADATA: VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
  HALT: VIR_DOMAIN_SNAPSHOT_CREATE_HALT,
  DISK_ONLY: VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  QUIESCE: VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
  LIVE: VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
};

const full = (name: FlagName): string => `VIR_DOMAIN_SNAPSHOT_CREATE_${name}`;
const has = (flags: number, name: FlagName): boolean => (flags & bits[name]) !== 0;

const needs = (checker: Checker, name: FlagName, needed: FlagName): CreateRule => ({
  checker,
  code: VIR_ERR_INVALID_ARG,
  message: `Flag '${full(needed)}' is required by flag '${full(name)}'`,
  broken: (flags) => has(flags, name) && !has(flags, needed),
});

const excludes = (checker: Checker, a: FlagName, b: FlagName): CreateRule => ({
  checker,
  code: VIR_ERR_INVALID_ARG,
  message: `Flags '${full(a)}' and '${full(b)}' are mutually exclusive`,
  broken: (flags) => has(flags, a) && has(flags, b),
});

/** In libvirt's order: the first broken rule is the one that is told. */
export const createRules: readonly CreateRule[] = [
  needs('library', 'CURRENT', 'REDEFINE'),
  excludes('library', 'REDEFINE', 'NO_METADATA'),
  excludes('library', 'REDEFINE', 'HALT'),
  needs('qemu', 'QUIESCE', 'DISK_ONLY'),
  excludes('qemu', 'LIVE', 'REDEFINE'),
  {
    checker: 'qemu',
    code: VIR_ERR_OPERATION_INVALID,
    message: 'Requested operation is not valid: cannot halt after transient domain snapshot',
    broken: (flags, { persistent }) => has(flags, 'HALT') && !persistent,
  },
  {
    checker: 'qemu',
    code: VIR_ERR_OPERATION_UNSUPPORTED,
    message: 'Operation not supported: live snapshot creation is supported only during full system snapshots',
    broken: (flags, { active, externalMemory }) => has(flags, 'LIVE') && (!active || !externalMemory),
  },
  {
    checker: 'qemu',
    code: VIR_ERR_OPERATION_UNSUPPORTED,
    message: 'Operation not supported: internal snapshot of a running VM must include the memory state',
    broken: (flags, { active, memoryLeftOut }) => active && memoryLeftOut && !has(flags, 'DISK_ONLY'),
  },
];

/** @throws HypervisorError with libvirt's code and words for the first rule that is broken. */
export function checkCreate(flags: number, facts: CreateFacts): void {
  for (const { broken, code, message } of createRules) {
    if (broken(flags, facts)) throw new HypervisorError(message, { code, domain: VIR_FROM_DOMAIN_SNAPSHOT });
  }
}

/** virsh's own checks of the options of a command, in its order; the shell tells them in virsh's words. */
export const optionRules = {
  'snapshot-list': [
    { exclusive: ['tree', 'name'] },
    { exclusive: ['parent', 'roots'] },
    { exclusive: ['parent', 'tree'] },
    { exclusive: ['roots', 'tree'] },
    { exclusive: ['roots', 'from'] },
    { exclusive: ['roots', 'current'] },
  ],
  'snapshot-edit': [{ exclusive: ['rename', 'clone'] }],
  'snapshot-current': [{ exclusive: ['name', 'snapshotname'] }],
} as const;

/** The filters that make no sense in a tree, since they may leave out what links its parts; in virsh's order. */
export const filtersWithoutTree = [
  'leaves',
  'no-leaves',
  'inactive',
  'active',
  'disk-only',
  'internal',
  'external',
] as const;
