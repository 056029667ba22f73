import {
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT,
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
  VIR_DOMAIN_STATS_BALLOON,
  VIR_DOMAIN_STATS_BLOCK,
  VIR_DOMAIN_STATS_CPU_TOTAL,
  VIR_DOMAIN_STATS_DIRTYRATE,
  VIR_DOMAIN_STATS_INTERFACE,
  VIR_DOMAIN_STATS_IOTHREAD,
  VIR_DOMAIN_STATS_STATE,
  VIR_DOMAIN_STATS_VCPU,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { Domain } from '../../hypervisor/domain.js';
import type { DomainStats } from '../../hypervisor/domains.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { TypedParameter } from '../../hypervisor/typed-parameter.js';
import { guestInterfaces } from '../../plug/guest-interfaces.js';
import { type OpenImage, queryOpenImages } from '../../snapshot/open-images.js';
import { cpuUse } from '../../snapshot/qemu-process.js';
import type { BareDomain } from './bare-domain.js';
import { statisticsOf } from './devices.js';
import { inModel } from './errors.js';
import { countersOf } from './interface-stats.js';
import { numberedIoThreads } from './io-threads.js';

/** A domain as a connection has it, and what is behind it. */
export interface KnownDomain {
  readonly domain: Domain;
  readonly bare: BareDomain;
}

type Collect = (known: KnownDomain, flags: number) => Promise<TypedParameter[]>;

/** In libvirt's order. What libvirt counts besides (perf events, cache and memory bandwidth) only the host's kernel can tell. */
const groups: readonly (readonly [bit: number, collect: Collect])[] = [
  [VIR_DOMAIN_STATS_STATE, state],
  [VIR_DOMAIN_STATS_CPU_TOTAL, cpuTotal],
  [VIR_DOMAIN_STATS_BALLOON, balloon],
  [VIR_DOMAIN_STATS_VCPU, vcpus],
  [VIR_DOMAIN_STATS_INTERFACE, interfaces],
  [VIR_DOMAIN_STATS_BLOCK, blocks],
  [VIR_DOMAIN_STATS_IOTHREAD, ioThreads],
  [VIR_DOMAIN_STATS_DIRTYRATE, dirtyRate],
];
const known = groups.reduce((bits, [bit]) => bits | bit, 0);

/**
 * What virConnectGetAllDomainStats tells.
 * @param wanted VIR_DOMAIN_STATS_*; 0 for all there are.
 * @throws HypervisorError
 */
export async function statsOf(
  domains: readonly KnownDomain[],
  wanted: number,
  flags: number,
): Promise<DomainStats[]> {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const unknown = wanted & ~known;
  if (unknown !== 0 && has(VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS)) {
    const bits = unknown.toString(16);
    throw new HypervisorError(
      `argument unsupported: Stats types bits 0x${bits} are not supported by this daemon`,
      {
        code: VIR_ERR_ARGUMENT_UNSUPPORTED,
        domain: VIR_FROM_QEMU,
      },
    );
  }
  const records: DomainStats[] = [];
  for (const each of domains) {
    // While an operation of ours has the monitor, only its journal tells.
    const short = has(VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) && (await each.bare.held()) !== undefined;
    const params: TypedParameter[] = [];
    for (const [bit, collect] of groups) {
      if ((wanted === 0 || (wanted & bit) !== 0) && (!short || bit === VIR_DOMAIN_STATS_STATE))
        params.push(...(await inModel(() => collect(each, flags))));
    }
    if (params.length > 0) records.push({ domain: each.domain, params });
  }
  return records;
}

const int = (field: string, value: number): TypedParameter => ({ field, type: 'int', value });
const uint = (field: string, value: number): TypedParameter => ({ field, type: 'uint', value });
const ullong = (field: string, value: number | bigint): TypedParameter => ({
  field,
  type: 'ullong',
  value: BigInt(value),
});
const text = (field: string, value: string): TypedParameter => ({ field, type: 'string', value });

async function state({ domain }: KnownDomain): Promise<TypedParameter[]> {
  const now = await domain.getState();
  return [int('state.state', now.state), int('state.reason', now.reason)];
}

async function cpuTotal({ bare }: KnownDomain): Promise<TypedParameter[]> {
  const { process } = await bare.guest();
  if (!process) return [];
  const { user, system } = await cpuUse(process.pid);
  return [ullong('cpu.time', user + system), ullong('cpu.user', user), ullong('cpu.system', system)];
}

const balloonFields: Readonly<Record<number, string>> = {
  [VIR_DOMAIN_MEMORY_STAT_SWAP_IN]: 'swap_in',
  [VIR_DOMAIN_MEMORY_STAT_SWAP_OUT]: 'swap_out',
  [VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT]: 'major_fault',
  [VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT]: 'minor_fault',
  [VIR_DOMAIN_MEMORY_STAT_UNUSED]: 'unused',
  [VIR_DOMAIN_MEMORY_STAT_AVAILABLE]: 'available',
  [VIR_DOMAIN_MEMORY_STAT_RSS]: 'rss',
  [VIR_DOMAIN_MEMORY_STAT_USABLE]: 'usable',
  [VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE]: 'last-update',
  [VIR_DOMAIN_MEMORY_STAT_DISK_CACHES]: 'disk_caches',
  [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC]: 'hugetlb_pgalloc',
  [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL]: 'hugetlb_pgfail',
};

async function balloon({ domain }: KnownDomain): Promise<TypedParameter[]> {
  const stats = await domain.memoryStats();
  const current = stats.find(({ tag }) => tag === VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON);
  return [
    ...(current ? [ullong('balloon.current', current.value)] : []),
    ullong('balloon.maximum', await domain.getMaxMemory()),
    ...stats.flatMap(({ tag, value }) => {
      const field = balloonFields[tag];
      return field === undefined ? [] : [ullong(`balloon.${field}`, value)];
    }),
  ];
}

async function vcpus({ domain, bare }: KnownDomain): Promise<TypedParameter[]> {
  const most = await domain.getMaxVcpus();
  const counts = [uint('vcpu.current', await domain.getVcpusFlags()), uint('vcpu.maximum', most)];
  if (!(await bare.guest()).process) return counts;
  const { vcpus: running } = await domain.getVcpus(most, 0);
  return [
    ...counts,
    ...running.flatMap(({ number, state: now, cpuTime }) => [
      int(`vcpu.${number}.state`, now),
      ullong(`vcpu.${number}.time`, cpuTime),
    ]),
  ];
}

async function interfaces({ bare }: KnownDomain): Promise<TypedParameter[]> {
  const cards = await guestInterfaces((await bare.guest()).qmp);
  const params = [uint('net.count', cards.length)];
  for (const [index, card] of cards.entries()) {
    params.push(text(`net.${index}.name`, card.device ?? card.name));
    const counters = await countersOf(card);
    if (!counters) continue;
    params.push(
      ullong(`net.${index}.rx.bytes`, counters.rxBytes),
      ullong(`net.${index}.rx.pkts`, counters.rxPackets),
      ullong(`net.${index}.rx.errs`, counters.rxErrs),
      ullong(`net.${index}.rx.drop`, counters.rxDrop),
      ullong(`net.${index}.tx.bytes`, counters.txBytes),
      ullong(`net.${index}.tx.pkts`, counters.txPackets),
      ullong(`net.${index}.tx.errs`, counters.txErrs),
      ullong(`net.${index}.tx.drop`, counters.txDrop),
    );
  }
  return params;
}

/** One record for each disk; with BACKING another for each image below it. */
async function blocks({ bare }: KnownDomain, flags: number): Promise<TypedParameter[]> {
  const guest = await bare.guest();
  const all = await guest.qmp.execute('query-blockstats');
  const { disks, chains } = await queryOpenImages(guest);
  const withBacking = (flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING) !== 0;
  const params: TypedParameter[] = [];
  let count = 0;
  for (const disk of disks) {
    const found = statisticsOf(disk, all);
    const images = chains.find((chain) => chain.disk.target === disk.target)?.images ?? [];
    const prefix = `block.${count++}`;
    params.push(text(`${prefix}.name`, disk.target));
    if (withBacking && disk.medium) params.push(uint(`${prefix}.backingIndex`, 0));
    if (disk.medium) params.push(text(`${prefix}.path`, disk.medium.file));
    if (found) params.push(...traffic(prefix, found.stats));
    if (disk.medium) {
      const allocation = disk.medium.image['actual-size'] ?? 0;
      params.push(
        ullong(`${prefix}.allocation`, allocation),
        ullong(`${prefix}.capacity`, disk.medium.size),
        ullong(`${prefix}.physical`, allocation),
      );
    }
    if (!withBacking) continue;
    for (const [index, image] of images.entries()) {
      if (index === 0) continue;
      params.push(...below(`block.${count++}`, disk.target, index, image));
    }
  }
  return [uint('block.count', count), ...params];
}

const below = (prefix: string, disk: string, index: number, { file }: OpenImage): TypedParameter[] => [
  text(`${prefix}.name`, disk),
  uint(`${prefix}.backingIndex`, index),
  text(`${prefix}.path`, file),
];

interface Traffic {
  readonly rd_operations: number;
  readonly rd_bytes: number;
  readonly rd_total_time_ns: number;
  readonly wr_operations: number;
  readonly wr_bytes: number;
  readonly wr_total_time_ns: number;
  readonly flush_operations: number;
  readonly flush_total_time_ns: number;
}

const traffic = (prefix: string, stats: Traffic): TypedParameter[] => [
  ullong(`${prefix}.rd.reqs`, stats.rd_operations),
  ullong(`${prefix}.rd.bytes`, stats.rd_bytes),
  ullong(`${prefix}.rd.times`, stats.rd_total_time_ns),
  ullong(`${prefix}.wr.reqs`, stats.wr_operations),
  ullong(`${prefix}.wr.bytes`, stats.wr_bytes),
  ullong(`${prefix}.wr.times`, stats.wr_total_time_ns),
  ullong(`${prefix}.fl.reqs`, stats.flush_operations),
  ullong(`${prefix}.fl.times`, stats.flush_total_time_ns),
];

async function ioThreads({ bare }: KnownDomain): Promise<TypedParameter[]> {
  const threads = await numberedIoThreads((await bare.guest()).qmp);
  return [
    uint('iothread.count', threads.size),
    ...[...threads].flatMap(([number, thread]) => [
      ullong(`iothread.${number}.poll-max-ns`, thread['poll-max-ns']),
      uint(`iothread.${number}.poll-grow`, thread['poll-grow']),
      uint(`iothread.${number}.poll-shrink`, thread['poll-shrink']),
    ]),
  ];
}

/** virDomainDirtyRateStatus. */
const rateStates = ['unstarted', 'measuring', 'measured'];

async function dirtyRate({ bare }: KnownDomain): Promise<TypedParameter[]> {
  const found = await (await bare.guest()).qmp.execute('query-dirty-rate');
  return [
    int('dirtyrate.calc_status', rateStates.indexOf(found.status)),
    { field: 'dirtyrate.calc_start_time', type: 'llong', value: BigInt(found['start-time']) },
    int('dirtyrate.calc_period', found['calc-time']),
    ...(found.mode === undefined ? [] : [text('dirtyrate.calc_mode', found.mode)]),
    ...(found['dirty-rate'] === undefined
      ? []
      : [
          {
            field: 'dirtyrate.megabytes_per_second',
            type: 'llong',
            value: BigInt(found['dirty-rate']),
          } as const,
        ]),
    ...(found['vcpu-dirty-rate'] ?? []).map(
      ({ id, 'dirty-rate': rate }): TypedParameter => ({
        field: `dirtyrate.vcpu.${id}.megabytes_per_second`,
        type: 'llong',
        value: BigInt(rate),
      }),
    ),
  ];
}
