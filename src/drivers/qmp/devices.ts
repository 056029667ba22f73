import { resolve } from 'node:path';
import {
  VIR_DUMP_BYPASS_CACHE,
  VIR_DUMP_CRASH,
  VIR_DUMP_LIVE,
  VIR_DUMP_RESET,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainDevices } from '../../hypervisor/domain-devices.js';
import type { DomainMemorySave } from '../../hypervisor/domain-memory-save.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { TypedParameter } from '../../hypervisor/typed-parameter.js';
import type { DumpFormat } from '../../qmp/index.js';
import { dumpMemory } from '../../snapshot/dump-memory.js';
import { disksOf, findDisk, type GuestDisk } from '../../snapshot/guest-disks.js';
import type { BareDomain } from './bare-domain.js';
import { endQemu } from './end-qemu.js';
import { inModel } from './errors.js';

/** virDomainCoreDumpFormat. */
const dumpFormats: readonly DumpFormat[] = ['elf', 'kdump-zlib', 'kdump-lzo', 'kdump-snappy', 'win-dmp'];

type Devices = Pick<DomainDevices, 'getBlockInfo' | 'blockStats' | 'blockStatsFlags' | 'getDiskErrors'> &
  Pick<DomainMemorySave, 'coreDump' | 'coreDumpWithFormat' | 'hasManagedSaveImage'>;

/** A domain's disks and dumps, over a monitor. */
export function devices(domain: BareDomain): Devices {
  const disks = async (): Promise<GuestDisk[]> => disksOf(await domain.guest());
  const statistics = async (name: string): Promise<Counters> =>
    inModel(async () => {
      const { qmp } = await domain.guest();
      const all = await qmp.execute('query-blockstats');
      if (name === '') {
        return all.map(({ stats }) => stats).reduce(add, noCounters);
      }
      const disk = wanted(await disks(), name);
      const found = statisticsOf(disk, all);
      if (!found) throw invalid(`invalid argument: cannot find statistics for device '${name}'`);
      return found.stats;
    });
  const dump = async (to: string, format: DumpFormat | undefined, flags: number): Promise<void> =>
    inModel(async () => {
      checkDump(flags);
      if (format === undefined) throw invalid('invalid argument: unknown dumpformat');
      const guest = await domain.guest();
      await dumpMemory(guest, resolve(to), format);
      if ((flags & VIR_DUMP_RESET) !== 0) await guest.qmp.execute('system_reset');
      if ((flags & VIR_DUMP_CRASH) !== 0) await endQemu(domain);
    });

  return {
    getBlockInfo: (name) =>
      inModel(async () => {
        const { medium, target } = wanted(await disks(), name);
        if (!medium)
          throw invalid(`invalid argument: disk '${target}' does not currently have a source assigned`);
        const allocation = BigInt(medium.image['actual-size'] ?? 0);
        return { capacity: BigInt(medium.size), allocation, physical: allocation };
      }),
    async blockStats(name) {
      const found = await statistics(name);
      return {
        rdReq: BigInt(found.rd_operations),
        rdBytes: BigInt(found.rd_bytes),
        wrReq: BigInt(found.wr_operations),
        wrBytes: BigInt(found.wr_bytes),
        errs: -1n,
      };
    },
    async blockStatsFlags(name) {
      const found = await statistics(name);
      // libvirt's field names (VIR_DOMAIN_BLOCK_STATS_*).
      return [
        llong('rd_operations', found.rd_operations),
        llong('rd_bytes', found.rd_bytes),
        llong('rd_total_times', found.rd_total_time_ns),
        llong('wr_operations', found.wr_operations),
        llong('wr_bytes', found.wr_bytes),
        llong('wr_total_times', found.wr_total_time_ns),
        llong('flush_operations', found.flush_operations),
        llong('flush_total_times', found.flush_total_time_ns),
      ];
    },
    getDiskErrors: () =>
      inModel(async () => {
        const { qmp } = await domain.guest();
        const failed = (await qmp.execute('query-block')).filter(
          (device) => (device['io-status'] ?? 'ok') !== 'ok',
        );
        const all = await disks();
        // virDomainDiskErrorCode: 1 unspecified, 2 no space.
        return failed.map((device) => ({
          disk: all.find(({ qdev }) => qdev === device.qdev)?.target ?? device.device,
          error: device['io-status'] === 'nospace' ? 2 : 1,
        }));
      }),
    coreDump: (to, flags = 0) => dump(to, 'elf', flags),
    coreDumpWithFormat: (to, format, flags = 0) => dump(to, dumpFormats[format], flags),
    hasManagedSaveImage: async () => false,
  };
}

/** Of what query-blockstats tells, what is of a disk. */
export const statisticsOf = <T extends { readonly qdev?: string; readonly device?: string }>(
  disk: GuestDisk,
  all: readonly T[],
): T | undefined =>
  all.find(
    ({ qdev, device }) =>
      (disk.qdev !== undefined && qdev === disk.qdev) || (device && disk.names.includes(device)),
  );

/** @throws HypervisorError flags that exclude each other, as libvirt tells it, or that QEMU can't honour. */
function checkDump(flags: number): void {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const pairs = [
    ['VIR_DUMP_CRASH', VIR_DUMP_CRASH, 'VIR_DUMP_LIVE', VIR_DUMP_LIVE],
    ['VIR_DUMP_CRASH', VIR_DUMP_CRASH, 'VIR_DUMP_RESET', VIR_DUMP_RESET],
    ['VIR_DUMP_LIVE', VIR_DUMP_LIVE, 'VIR_DUMP_RESET', VIR_DUMP_RESET],
  ] as const;
  for (const [one, oneBit, other, otherBit] of pairs) {
    if (has(oneBit) && has(otherBit)) {
      throw invalid(`Flags '${one}' and '${other}' are mutually exclusive`);
    }
  }
  if (has(VIR_DUMP_BYPASS_CACHE)) {
    throw new HypervisorError('Operation not supported: QEMU writes a dump through the file system cache', {
      code: VIR_ERR_OPERATION_UNSUPPORTED,
      domain: VIR_FROM_QEMU,
    });
  }
}

const noCounters = {
  rd_bytes: 0,
  wr_bytes: 0,
  rd_operations: 0,
  wr_operations: 0,
  flush_operations: 0,
  rd_total_time_ns: 0,
  wr_total_time_ns: 0,
  flush_total_time_ns: 0,
};
type Counters = typeof noCounters;

const add = (a: Counters, b: Counters): Counters =>
  Object.fromEntries(
    Object.keys(noCounters).map((key) => [key, a[key as keyof Counters] + b[key as keyof Counters]]),
  ) as Counters;

const llong = (field: string, value: number): TypedParameter => ({
  field,
  type: 'llong',
  value: BigInt(value),
});

const invalid = (text: string): HypervisorError =>
  new HypervisorError(text, { code: VIR_ERR_INVALID_ARG, domain: VIR_FROM_QEMU });

/** @throws HypervisorError in libvirt's words: there is no such disk. */
function wanted(disks: readonly GuestDisk[], name: string): GuestDisk {
  const disk = findDisk(disks, name);
  if (!disk) throw invalid(`invalid argument: invalid path ${name} not assigned to domain`);
  return disk;
}
