import {
  VIR_DOMAIN_BLOCK_STATS_ERRS,
  VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ,
  VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES,
  VIR_DOMAIN_BLOCK_STATS_READ_BYTES,
  VIR_DOMAIN_BLOCK_STATS_READ_REQ,
  VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES,
  VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES,
  VIR_DOMAIN_BLOCK_STATS_WRITE_REQ,
  VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES,
  VIR_ERR_NO_SUPPORT,
} from '../../src/hypervisor/constants.js';
import { type Domain, HypervisorError, type TypedParameter } from '../../src/hypervisor/index.js';
import {
  camelCase,
  defineCommand,
  domainOf,
  domainOption,
  orFail,
  typedValueText,
} from '../../src/shell/index.js';

interface KnownField {
  readonly field: string;
  /** The name that virsh prints, where it is not the field's own. */
  readonly word?: string;
  readonly explanation: string;
}

/** In the order in which they are printed; other fields come after them. */
const knownFields: readonly KnownField[] = [
  {
    field: VIR_DOMAIN_BLOCK_STATS_READ_REQ,
    word: 'rd_req',
    explanation: 'number of read operations:',
  },
  {
    field: VIR_DOMAIN_BLOCK_STATS_READ_BYTES,
    explanation: 'number of bytes read:',
  },
  {
    field: VIR_DOMAIN_BLOCK_STATS_WRITE_REQ,
    word: 'wr_req',
    explanation: 'number of write operations:',
  },
  {
    field: VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES,
    explanation: 'number of bytes written:',
  },
  { field: VIR_DOMAIN_BLOCK_STATS_ERRS, explanation: 'error count:' },
  {
    field: VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ,
    explanation: 'number of flush operations:',
  },
  {
    field: VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES,
    explanation: 'total duration of reads (ns):',
  },
  {
    field: VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES,
    explanation: 'total duration of writes (ns):',
  },
  {
    field: VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES,
    explanation: 'total duration of flushes (ns):',
  },
];

export default defineCommand({
  name: 'domblkstat',
  group: 'monitor',
  summary: 'get device block stats for a domain',
  description:
    'Get device block stats for a running domain. See man page or use --human for explanation of fields',
  manual: [
    'Counts since the guest started: rd_req, wr_req and flush_operations are requests, rd_bytes and wr_bytes bytes, ' +
      'rd_total_times, wr_total_times and flush_total_times the nanoseconds they took together, and errs failed ' +
      'requests. Only what the hypervisor can tell is printed.',
    'Without a device, the counts of all disks are added up, where the hypervisor can do that.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'device', type: 'string', emptyOk: true, completer: 'disk-target', help: 'block device' },
    { name: 'human', type: 'flag', help: 'print a more human readable output' },
  ],
  json: {
    object: { device: 'string', stats: { map: { oneOf: ['integer', 'number', 'string', 'boolean'] } } },
  },
  async run(context, args) {
    const { output } = context;
    const human = args.flag('human');
    const domain = await domainOf(context, args);
    const device = args.optional('device') ?? '';
    const stats = await blockStats(domain, args.text('domain'), device);
    context.emit({
      device,
      stats: Object.fromEntries(stats.map(({ field, value }) => [camelCase(field), value])),
    });
    if (human) output.print(`Device: ${device}\n`);
    const prefix = human ? '' : device;
    const rest = [...stats];
    for (const { field, word, explanation } of knownFields) {
      const at = rest.findIndex((stat) => stat.field === field);
      const [stat] = at < 0 ? [] : rest.splice(at, 1);
      if (!stat) continue;
      output.print(`${prefix} ${human ? explanation.padEnd(31) : (word ?? field)} ${typedValueText(stat)}\n`);
    }
    for (const stat of rest) output.print(`${prefix} ${stat.field} ${typedValueText(stat)}\n`);
  },
});

/** A disk's counters, from the older function where the hypervisor lacks the newer one. */
async function blockStats(domain: Domain, name: string, device: string): Promise<TypedParameter[]> {
  try {
    return await domain.blockStatsFlags(device);
  } catch (error) {
    if (!(error instanceof HypervisorError) || error.code !== VIR_ERR_NO_SUPPORT) throw error;
  }
  const stats = await orFail(`Failed to get block stats ${name} ${device}`, domain.blockStats(device));
  const values: [string, bigint][] = [
    [VIR_DOMAIN_BLOCK_STATS_READ_REQ, stats.rdReq],
    [VIR_DOMAIN_BLOCK_STATS_READ_BYTES, stats.rdBytes],
    [VIR_DOMAIN_BLOCK_STATS_WRITE_REQ, stats.wrReq],
    [VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES, stats.wrBytes],
    [VIR_DOMAIN_BLOCK_STATS_ERRS, stats.errs],
  ];
  return values.filter(([, value]) => value >= 0n).map(([field, value]) => ({ field, type: 'llong', value }));
}
