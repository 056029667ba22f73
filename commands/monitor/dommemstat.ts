import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
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
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  camelCase,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  orFail,
} from '../../src/shell/index.js';

const words = new Map<number, string>([
  [VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 'swap_in'],
  [VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 'swap_out'],
  [VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 'major_fault'],
  [VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT, 'minor_fault'],
  [VIR_DOMAIN_MEMORY_STAT_UNUSED, 'unused'],
  [VIR_DOMAIN_MEMORY_STAT_AVAILABLE, 'available'],
  [VIR_DOMAIN_MEMORY_STAT_USABLE, 'usable'],
  [VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, 'actual'],
  [VIR_DOMAIN_MEMORY_STAT_RSS, 'rss'],
  [VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE, 'last_update'],
  [VIR_DOMAIN_MEMORY_STAT_DISK_CACHES, 'disk_caches'],
  [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, 'hugetlb_pgalloc'],
  [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, 'hugetlb_pgfail'],
]);

export default defineCommand({
  name: 'dommemstat',
  group: 'monitor',
  summary: 'get memory statistics for a domain',
  description: 'Get memory statistics for a running domain.',
  manual: [
    'Sizes are in KiB. "actual" is what the guest has been given, "available" what its system counts, "unused" what ' +
      'holds nothing at all, "usable" what programs could still get without swapping, and "rss" what its process ' +
      'takes on the host.',
    'Most values come from the balloon driver inside the guest, at the interval that --period sets in seconds (0 ' +
      'turns it off); "last_update" is the time of the last one. Without a working balloon driver only actual and ' +
      'rss are known.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'period', type: 'int', positional: false, help: 'period in seconds to set collection' },
    { name: 'config', type: 'flag', bit: VIR_DOMAIN_AFFECT_CONFIG, help: 'affect next boot' },
    { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'affect running domain' },
    { name: 'current', type: 'flag', help: 'affect current domain' },
  ],
  rules: [exclusive('current', 'live'), exclusive('current', 'config')],
  json: { oneOf: [{ map: 'integer' }, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    let flags = args.bits();
    if (!args.flag('current') && flags === 0 && (await domain.isActive().catch(() => false))) {
      flags = VIR_DOMAIN_AFFECT_LIVE;
    }
    const period = args.int('period');
    if (period !== undefined) {
      if (period < 0) throw new CommandError(`Invalid collection period value '${period}'`);
      await orFail('Unable to change balloon collection period.', domain.setMemoryStatsPeriod(period, flags));
      return;
    }
    const stats = await orFail(
      `Failed to get memory statistics for domain ${args.text('domain')}`,
      domain.memoryStats(),
    );
    const known = stats.flatMap(({ tag, value }) => {
      const word = words.get(tag);
      return word === undefined ? [] : [{ word, value }];
    });
    context.emit(Object.fromEntries(known.map(({ word, value }) => [camelCase(word), value])));
    for (const { word, value } of known) context.output.print(`${word} ${value}\n`);
  },
});
