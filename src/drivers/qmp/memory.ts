import {
  VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP,
  VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING,
  VIR_DOMAIN_MEM_MAXIMUM,
  VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON,
  VIR_DOMAIN_MEMORY_STAT_AVAILABLE,
  VIR_DOMAIN_MEMORY_STAT_DISK_CACHES,
  VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC,
  VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL,
  VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE,
  VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT,
  VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT,
  VIR_DOMAIN_MEMORY_STAT_RSS,
  VIR_DOMAIN_MEMORY_STAT_SWAP_IN,
  VIR_DOMAIN_MEMORY_STAT_SWAP_OUT,
  VIR_DOMAIN_MEMORY_STAT_UNUSED,
  VIR_DOMAIN_MEMORY_STAT_USABLE,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainResources, MemoryStat } from '../../hypervisor/domain-resources.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { qomDevices } from '../../plug/qom-devices.js';
import { CommandFailure, type QmpClient } from '../../qmp/index.js';
import { guestSize } from '../../snapshot/guest-size.js';
import { describeProcess } from '../../snapshot/qemu-process.js';
import type { BareDomain } from './bare-domain.js';
import { refuseConfig } from './cpus.js';
import { inModel } from './errors.js';

type Memory = Pick<
  DomainResources,
  | 'setMaxMemory'
  | 'setMemory'
  | 'setMemoryFlags'
  | 'setMemoryStatsPeriod'
  | 'memoryStats'
  | 'startDirtyRateCalc'
>;

const failure = (code: number, text: string, cause?: unknown): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU, cause });

/** What the balloon driver tells, in libvirt's order, sizes in bytes and counts. */
const statistics: readonly (readonly [name: string, tag: number, unit: 1 | 1024])[] = [
  ['stat-swap-in', VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 1024],
  ['stat-swap-out', VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 1024],
  ['stat-major-faults', VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 1],
  ['stat-minor-faults', VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, 1],
  ['stat-free-memory', VIR_DOMAIN_MEMORY_STAT_UNUSED, 1024],
  ['stat-total-memory', VIR_DOMAIN_MEMORY_STAT_AVAILABLE, 1024],
  ['stat-available-memory', VIR_DOMAIN_MEMORY_STAT_USABLE, 1024],
];
const laterStatistics: typeof statistics = [
  ['stat-disk-caches', VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, 1024],
  ['stat-htlb-pgalloc', VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, 1],
  ['stat-htlb-pgfail', VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, 1],
];

/** A guest's memory: its balloon, and how fast it changes. */
export function memory(domain: BareDomain): Memory {
  const setMemoryFlags: DomainResources['setMemoryFlags'] = (size, flags = 0) =>
    inModel(async () => {
      refuseConfig(flags);
      if ((flags & VIR_DOMAIN_MEM_MAXIMUM) !== 0) {
        throw failure(
          VIR_ERR_OPERATION_INVALID,
          'Requested operation is not valid: cannot resize the maximum memory on an active domain',
        );
      }
      const { qmp } = await domain.guest();
      if (size > BigInt(Math.floor((await guestSize(qmp)).memory / 1024))) {
        throw failure(VIR_ERR_INVALID_ARG, 'invalid argument: cannot set memory higher than max memory');
      }
      try {
        await qmp.execute('balloon', { value: Number(size) * 1024 });
      } catch (error) {
        throw error instanceof CommandFailure && error.errorClass === 'DeviceNotActive'
          ? noBalloon(error)
          : error;
      }
    });
  return {
    setMemoryFlags,
    setMemory: (size) => setMemoryFlags(size),
    setMaxMemory: (size) => setMemoryFlags(size, VIR_DOMAIN_MEM_MAXIMUM),
    setMemoryStatsPeriod: (seconds, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const { qmp } = await domain.guest();
        const path = await balloonPath(qmp);
        if (path === undefined) {
          throw failure(
            VIR_ERR_OPERATION_INVALID,
            'Requested operation is not valid: No memory balloon device configured, can not set the collection period',
          );
        }
        await qmp.execute('qom-set', { path, property: 'guest-stats-polling-interval', value: seconds });
      }),
    memoryStats: () =>
      inModel(async () => {
        const { qmp, process } = await domain.guest();
        const now = process && (await describeProcess(process.pid));
        return [
          { tag: VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, value: await currentMemory(qmp) },
          ...(await balloonStatistics(qmp)),
          ...(now ? [{ tag: VIR_DOMAIN_MEMORY_STAT_RSS, value: BigInt(now.resident / 1024) }] : []),
        ];
      }),
    startDirtyRateCalc: (seconds, flags = 0) =>
      inModel(async () => {
        if (seconds < 1 || seconds > 60) {
          throw failure(
            VIR_ERR_INVALID_ARG,
            `invalid argument: seconds=${seconds} is invalid, please choose value within [1, 60].`,
          );
        }
        const { qmp } = await domain.guest();
        const mode =
          flags & VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP
            ? 'dirty-bitmap'
            : flags & VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING
              ? 'dirty-ring'
              : 'page-sampling';
        await qmp.execute('calc-dirty-rate', { 'calc-time': seconds, mode });
      }),
  };
}

const noBalloon = (cause: unknown): HypervisorError =>
  failure(
    VIR_ERR_OPERATION_INVALID,
    'Requested operation is not valid: Unable to change memory of active domain without the balloon device and guest OS balloon driver',
    cause,
  );

/** What a guest has been left by its balloon, in KiB; all of its memory if it has none. */
export async function currentMemory(qmp: QmpClient): Promise<bigint> {
  try {
    return BigInt(Math.floor((await qmp.execute('query-balloon')).actual / 1024));
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return BigInt(Math.floor((await guestSize(qmp)).memory / 1024));
  }
}

async function balloonPath(qmp: QmpClient): Promise<string | undefined> {
  return (await qomDevices(qmp)).find(({ type }) => type.startsWith('virtio-balloon'))?.path;
}

async function balloonStatistics(qmp: QmpClient): Promise<MemoryStat[]> {
  const path = await balloonPath(qmp);
  if (path === undefined) return [];
  const answer = await qmp.execute('qom-get', { path, property: 'guest-stats' });
  const { stats = {}, 'last-update': update = 0 } = answer as {
    stats?: Record<string, number>;
    'last-update'?: number;
  };
  const known = (list: typeof statistics): MemoryStat[] =>
    list.flatMap(([name, tag, unit]) => {
      const value = stats[name];
      // All bits set where the guest's driver did not tell.
      return value === undefined || value < 0 || value >= 2 ** 63
        ? []
        : [{ tag, value: BigInt(Math.floor(value / unit)) }];
    });
  return [
    ...known(statistics),
    { tag: VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, value: BigInt(update) },
    ...known(laterStatistics),
  ];
}
