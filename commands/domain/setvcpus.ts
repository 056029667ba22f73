import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_VCPU_GUEST,
  VIR_DOMAIN_VCPU_HOTPLUGGABLE,
  VIR_DOMAIN_VCPU_MAXIMUM,
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  requires,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'setvcpus',
  group: 'domain',
  summary: 'change number of virtual CPUs',
  description: 'Change the number of virtual CPUs in the guest domain.',
  manual: [
    'Sets how many virtual CPUs a domain has: at once with --live, from its next start with --config. --maximum, with --config, sets how many it can ever have. --guest leaves the virtual hardware alone and asks the agent in the guest to switch CPUs on or off.',
    'CPUs that were not made hot-pluggable (--hotpluggable with --config) can be added to a running guest but not taken away.',
  ],
  options: [
    domainOption(),
    { name: 'count', type: 'int', required: true, help: 'number of virtual CPUs' },
    { name: 'maximum', type: 'flag', bit: VIR_DOMAIN_VCPU_MAXIMUM, help: 'set maximum limit on next boot' },
    { name: 'config', type: 'flag', bit: VIR_DOMAIN_AFFECT_CONFIG, help: 'affect next boot' },
    { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'affect running domain' },
    { name: 'current', type: 'flag', help: 'affect current domain' },
    { name: 'guest', type: 'flag', bit: VIR_DOMAIN_VCPU_GUEST, help: 'modify cpu state in the guest' },
    {
      name: 'hotpluggable',
      type: 'flag',
      bit: VIR_DOMAIN_VCPU_HOTPLUGGABLE,
      help: 'make added vcpus hot(un)pluggable',
    },
  ],
  rules: [
    exclusive('current', 'live'),
    exclusive('current', 'config'),
    exclusive('guest', 'config'),
    requires('maximum', 'config'),
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const count = args.uint('count') ?? 0;
    if (count === 0) throw new CommandError("Can't set 0 processors for a VM");
    const flags = args.bits();
    if (flags === 0 && !args.flag('current')) await domain.setVcpus(count);
    else await domain.setVcpusFlags(count, flags);
  },
});
