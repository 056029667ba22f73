import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_VCPU_MAXIMUM,
} from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import {
  CommandError,
  cpuRanges,
  cpusOfMap,
  defineCommand,
  domainOf,
  domainOption,
  formatTable,
} from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { countHostCpus, cpuMapOf } from './cpu-list.js';

export default defineCommand({
  name: 'vcpupin',
  group: 'domain',
  summary: 'control or query domain vcpu affinity',
  description: 'Pin domain VCPUs to host physical CPUs.',
  manual: [
    'Shows on which CPUs of the host the virtual CPUs of a guest may run, or sets it for one: `vcpupin guest 0 2-3`; `r` stands for all CPUs.',
  ],
  options: [
    domainOption(),
    { name: 'vcpu', type: 'int', completer: 'vcpu', help: 'vcpu number' },
    {
      name: 'cpulist',
      type: 'string',
      completer: 'host-cpu-any',
      help: 'host cpu number(s) to set, or omit option to query',
    },
    ...affectOptions,
  ],
  rules: [...affectRules],
  json: {
    oneOf: [
      { list: { object: { vcpu: 'integer', affinity: { list: 'integer' } } } },
      { object: { message: 'string' } },
    ],
  },
  async run(context, args) {
    const cpulist = args.optional('cpulist');
    if (cpulist === undefined && args.flag('live') && args.flag('config')) {
      throw new CommandError('Options --live and --config are mutually exclusive');
    }
    const domain = await domainOf(context, args);
    const vcpu = args.uint('vcpu');
    if (cpulist !== undefined && vcpu === undefined) {
      throw new CommandError('vcpupin: Missing vCPU number in pin mode.');
    }
    const hostCpus = await countHostCpus(context.connection);
    const flags = args.bits();
    if (cpulist !== undefined && vcpu !== undefined) {
      const map = cpuMapOf(cpulist, hostCpus);
      if (flags === 0 && !args.flag('current')) await domain.pinVcpu(vcpu, map);
      else await domain.pinVcpuFlags(vcpu, map, flags);
      return;
    }
    const count = await maximumVcpus(domain, flags);
    if (vcpu !== undefined && vcpu >= count) {
      const live =
        (flags & VIR_DOMAIN_AFFECT_LIVE) !== 0 ||
        ((flags & VIR_DOMAIN_AFFECT_CONFIG) === 0 && (await domain.isActive()));
      throw new CommandError(
        `vcpu ${vcpu} is out of range of ${live ? 'live' : 'persistent'} cpu count ${count}`,
      );
    }
    const maps = await domain.getVcpuPinInfo(count, Math.ceil(hostCpus / 8), flags);
    const shown = maps
      .map((map, index) => ({ vcpu: index, map }))
      .filter((each) => vcpu === undefined || each.vcpu === vcpu);
    context.emit(shown.map(({ vcpu: number, map }) => ({ vcpu: number, affinity: cpusOfMap(map) })));
    const header = context.output.quiet ? null : ['VCPU', 'CPU Affinity'];
    const rows = shown.map(({ vcpu: number, map }) => [String(number), cpuRanges(map)]);
    context.output.print(await formatTable(header, rows));
  },
});

/** How many virtual CPUs the definition that the flags mean can have. @throws CommandError there is no such definition. */
async function maximumVcpus(domain: Domain, flags: number): Promise<number> {
  if ((flags & VIR_DOMAIN_AFFECT_LIVE) !== 0 && !(await domain.isActive()))
    throw new CommandError('cannot get vcpupin for offline domain');
  if ((flags & VIR_DOMAIN_AFFECT_CONFIG) !== 0 && !(await domain.isPersistent()))
    throw new CommandError('cannot get vcpupin for transient domain');
  if (flags !== 0) return domain.getVcpusFlags(flags | VIR_DOMAIN_VCPU_MAXIMUM);
  const affected = (await domain.isActive()) ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
  return domain.getVcpusFlags(affected | VIR_DOMAIN_VCPU_MAXIMUM);
}
