import { CommandError, defineCommand, domainOf, domainOption, exclusive } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';

export default defineCommand({
  name: 'setvcpu',
  group: 'domain',
  summary: 'attach/detach vcpu or groups of threads',
  description: 'Add or remove vcpus',
  manual: [
    'Plugs virtual CPUs into a guest or takes them out, by their numbers, where the machine allows it (see `setvcpus --hotpluggable`).',
  ],
  options: [
    domainOption(),
    {
      name: 'vcpulist',
      type: 'string',
      required: true,
      completer: 'vcpu',
      help: 'ids of vcpus to manipulate',
    },
    { name: 'enable', type: 'flag', help: 'enable cpus specified by cpumap' },
    { name: 'disable', type: 'flag', help: 'disable cpus specified by cpumap' },
    ...affectOptions,
  ],
  rules: [exclusive('enable', 'disable'), ...affectRules],
  async run(context, args) {
    if (!args.flag('enable') && !args.flag('disable'))
      throw new CommandError('one of --enable, --disable is required');
    const domain = await domainOf(context, args);
    await domain.setVcpu(args.text('vcpulist'), args.flag('enable') ? 1 : 0, args.bits());
  },
});
