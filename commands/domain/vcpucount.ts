import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_VCPU_GUEST,
  VIR_DOMAIN_VCPU_MAXIMUM,
  VIR_DOMAIN_XML_INACTIVE,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_SUPPORT,
} from '../../src/hypervisor/constants.js';
import { type Domain, HypervisorError } from '../../src/hypervisor/index.js';
import {
  attributeAt,
  CommandError,
  defineCommand,
  domainDocument,
  domainOf,
  domainOption,
  textAt,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'vcpucount',
  group: 'domain',
  summary: 'domain vcpu counts',
  description: 'Returns the number of virtual CPUs used by the domain.',
  manual: [
    'Without options, a table of all counts: the most that the domain can have (maximum) and what it has (current), from its next start on (config) and now (live). With options, one number. --guest asks the agent in the guest how many CPUs are switched on there.',
    '--current is the opposite of --maximum where --active and --maximum are missing, as it was in old versions of libvirt.',
  ],
  options: [
    domainOption(),
    { name: 'maximum', type: 'flag', bit: VIR_DOMAIN_VCPU_MAXIMUM, help: 'get maximum count of vcpus' },
    { name: 'active', type: 'flag', help: 'get number of currently active vcpus' },
    { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'get value from running domain' },
    {
      name: 'config',
      type: 'flag',
      bit: VIR_DOMAIN_AFFECT_CONFIG,
      help: 'get value to be used on next boot',
    },
    { name: 'current', type: 'flag', help: 'get value according to current domain state' },
    {
      name: 'guest',
      type: 'flag',
      bit: VIR_DOMAIN_VCPU_GUEST,
      help: 'retrieve vcpu count from the guest instead of the hypervisor',
    },
  ],
  json: {
    oneOf: [
      { object: { count: 'integer' } },
      {
        object: {
          maximum: { object: { 'config?': 'integer', 'live?': 'integer' } },
          current: { object: { 'config?': 'integer', 'live?': 'integer' } },
        },
      },
    ],
  },
  async run(context, args) {
    const { output } = context;
    const selecting = ['maximum', 'active', 'current', 'config', 'live', 'guest'] as const;
    const given = new Set<string>(selecting.filter((name) => args.flag(name)));
    const all = given.size === 0;
    // Not a rule of the command: --current alone is the old word for --active.
    if (!given.has('maximum') && !given.has('active')) given.delete('current');
    for (const [a, b] of exclusives) {
      if (given.has(a) && given.has(b)) {
        throw new CommandError(`Options --${a} and --${b} are mutually exclusive`);
      }
    }
    const domain = await domainOf(context, args);
    if (!all) {
      const count = await countVcpus(domain, args.bits());
      output.print(`${count}\n`);
      context.emit({ count });
      return;
    }
    const counts = await allCounts(domain);
    for (const [kind, when] of shownOrder) {
      const count = counts[kind][when];
      if (count) output.print(`${kind.padEnd(12)} ${when.padEnd(12)} ${String(count).padStart(3)}\n`);
    }
    context.emit(counts);
  },
});

const exclusives = [
  ['live', 'config'],
  ['current', 'live'],
  ['current', 'config'],
  ['active', 'maximum'],
  ['guest', 'config'],
] as const;

const shownOrder = [
  ['maximum', 'config'],
  ['maximum', 'live'],
  ['current', 'config'],
  ['current', 'live'],
] as const;

type Counts = Record<'maximum' | 'current', { config?: number; live?: number }>;

/** Live counts exist for active domains only, those of the next start for persistent ones only. */
async function allCounts(domain: Domain): Promise<Counts> {
  const counts: Counts = { maximum: {}, current: {} };
  if (await domain.isPersistent()) {
    counts.maximum.config = await countVcpus(domain, VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM);
    counts.current.config = await countVcpus(domain, VIR_DOMAIN_AFFECT_CONFIG);
  }
  if (await domain.isActive()) {
    counts.maximum.live = await countVcpus(domain, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_VCPU_MAXIMUM);
    counts.current.live = await countVcpus(domain, VIR_DOMAIN_AFFECT_LIVE);
  }
  return counts;
}

/** Counts vCPUs, also where the hypervisor has no call for it. */
async function countVcpus(domain: Domain, flags: number): Promise<number> {
  try {
    return await domain.getVcpusFlags(flags);
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    if (error.code !== VIR_ERR_NO_SUPPORT && error.code !== VIR_ERR_INVALID_ARG) throw error;
    if (flags & VIR_DOMAIN_VCPU_GUEST) {
      throw new CommandError('Failed to retrieve vCPU count from the guest', error);
    }
  }
  const config = (flags & VIR_DOMAIN_AFFECT_CONFIG) !== 0;
  if (flags & VIR_DOMAIN_AFFECT_LIVE || (!config && (await domain.isActive()))) {
    if (flags & VIR_DOMAIN_VCPU_MAXIMUM) return domain.getMaxVcpus();
    return (await domain.getInfo()).nrVirtCpu;
  }
  const document = await domainDocument(domain, VIR_DOMAIN_XML_INACTIVE);
  const maximum = (flags & VIR_DOMAIN_VCPU_MAXIMUM) !== 0;
  const text = maximum ? textAt(document, 'vcpu') : attributeAt(document, ['vcpu'], 'current');
  if (text === undefined || !/^\d+$/.test(text)) {
    throw new CommandError(`Failed to retrieve ${maximum ? 'maximum' : 'current'} vcpu count`);
  }
  return Number(text);
}
