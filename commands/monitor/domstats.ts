import {
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF,
  VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT,
  VIR_DOMAIN_STATS_BALLOON,
  VIR_DOMAIN_STATS_BLOCK,
  VIR_DOMAIN_STATS_CPU_TOTAL,
  VIR_DOMAIN_STATS_DIRTYRATE,
  VIR_DOMAIN_STATS_INTERFACE,
  VIR_DOMAIN_STATS_IOTHREAD,
  VIR_DOMAIN_STATS_MEMORY,
  VIR_DOMAIN_STATS_PERF,
  VIR_DOMAIN_STATS_STATE,
  VIR_DOMAIN_STATS_VCPU,
  VIR_DOMAIN_STATS_VM,
} from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import { defineCommand, findDomain, typedValueText } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domstats',
  group: 'monitor',
  summary: 'get statistics about one or multiple domains',
  description: 'Gets statistics about one or more (or all) domains',
  manual: [
    'Without a choice of groups, all that the hypervisor knows are reported; groups it does not know are left out ' +
      'unless --enforce is given. Without domains, all are reported, or those that the --list options let through.',
    '--nowait leaves out what would have to wait for a guest that is busy, for example with a snapshot. --backing ' +
      'also reports the files below each disk.',
  ],
  options: [
    { name: 'state', type: 'flag', bit: VIR_DOMAIN_STATS_STATE, help: 'report domain state' },
    {
      name: 'cpu-total',
      type: 'flag',
      bit: VIR_DOMAIN_STATS_CPU_TOTAL,
      help: 'report domain physical cpu usage',
    },
    {
      name: 'balloon',
      type: 'flag',
      bit: VIR_DOMAIN_STATS_BALLOON,
      help: 'report domain balloon statistics',
    },
    {
      name: 'vcpu',
      type: 'flag',
      bit: VIR_DOMAIN_STATS_VCPU,
      help: 'report domain virtual cpu information',
    },
    {
      name: 'interface',
      type: 'flag',
      bit: VIR_DOMAIN_STATS_INTERFACE,
      help: 'report domain network interface information',
    },
    {
      name: 'block',
      type: 'flag',
      bit: VIR_DOMAIN_STATS_BLOCK,
      help: 'report domain block device statistics',
    },
    { name: 'perf', type: 'flag', bit: VIR_DOMAIN_STATS_PERF, help: 'report domain perf event statistics' },
    {
      name: 'iothread',
      type: 'flag',
      bit: VIR_DOMAIN_STATS_IOTHREAD,
      help: 'report domain IOThread information',
    },
    { name: 'memory', type: 'flag', bit: VIR_DOMAIN_STATS_MEMORY, help: 'report domain memory usage' },
    {
      name: 'dirtyrate',
      type: 'flag',
      bit: VIR_DOMAIN_STATS_DIRTYRATE,
      help: 'report domain dirty rate information',
    },
    { name: 'vm', type: 'flag', bit: VIR_DOMAIN_STATS_VM, help: 'report hypervisor-specific statistics' },
    {
      name: 'list-active',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE,
      help: 'list only active domains',
    },
    {
      name: 'list-inactive',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE,
      help: 'list only inactive domains',
    },
    {
      name: 'list-persistent',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_PERSISTENT,
      help: 'list only persistent domains',
    },
    {
      name: 'list-transient',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_TRANSIENT,
      help: 'list only transient domains',
    },
    {
      name: 'list-running',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_RUNNING,
      help: 'list only running domains',
    },
    {
      name: 'list-paused',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_PAUSED,
      help: 'list only paused domains',
    },
    {
      name: 'list-shutoff',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF,
      help: 'list only shutoff domains',
    },
    {
      name: 'list-other',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_OTHER,
      help: 'list only domains in other states',
    },
    { name: 'raw', type: 'flag', help: 'do not pretty-print the fields' },
    {
      name: 'enforce',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS,
      help: 'enforce requested stats parameters',
    },
    {
      name: 'backing',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_BACKING,
      help: 'add backing chain information to block stats',
    },
    {
      name: 'nowait',
      type: 'flag',
      bit: VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT,
      help: 'report only stats that are accessible instantly',
    },
    {
      name: 'domain',
      type: 'argv',
      emptyOk: true,
      completer: 'domain',
      help: 'list of domains to get stats for',
    },
  ],
  json: {
    list: {
      object: {
        domain: 'string',
        stats: { map: { oneOf: ['integer', 'number', 'string', 'boolean'] } },
      },
    },
  },
  async run(context, args) {
    const groups = args.bits(
      'state',
      'cpu-total',
      'balloon',
      'vcpu',
      'interface',
      'block',
      'perf',
      'iothread',
      'memory',
      'dirtyrate',
      'vm',
    );
    const filter = args.bits(
      'list-active',
      'list-inactive',
      'list-persistent',
      'list-transient',
      'list-running',
      'list-paused',
      'list-shutoff',
      'list-other',
      'enforce',
      'backing',
      'nowait',
    );
    // The bit of --enforce is the sign bit of a 32-bit number; libvirt takes it unsigned.
    const flags = filter >>> 0;
    const { connection, output } = context;
    let records: Awaited<ReturnType<typeof connection.getAllDomainStats>>;
    if (args.has('domain')) {
      const domains: Domain[] = [];
      for (const name of args.list('domain')) domains.push(await findDomain(context, name));
      records = await connection.domainListGetStats(domains, groups, flags);
    } else {
      records = await connection.getAllDomainStats(groups, flags);
    }
    context.emit(
      records.map(({ domain, params }) => ({
        domain: domain.name,
        stats: Object.fromEntries(params.map(({ field, value }) => [field, value])),
      })),
    );
    for (const [index, { domain, params }] of records.entries()) {
      if (index > 0) output.print('\n');
      output.print(`Domain: '${domain.name}'\n`);
      for (const parameter of params) output.print(`  ${parameter.field}=${typedValueText(parameter)}\n`);
    }
  },
});
