import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { countHostCpus, cpuMapOf } from './cpu-list.js';

export default defineCommand({
  name: 'iothreadpin',
  group: 'domain',
  summary: 'control domain IOThread affinity',
  description: 'Pin domain IOThreads to host physical CPUs.',
  options: [
    domainOption(),
    { name: 'iothread', type: 'int', required: true, help: 'IOThread ID number' },
    {
      name: 'cpulist',
      type: 'string',
      required: true,
      completer: 'host-cpu-any',
      help: 'host cpu number(s) to set',
    },
    ...affectOptions,
  ],
  rules: [...affectRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const thread = args.uint('iothread') ?? 0;
    const cpulist = args.text('cpulist');
    await domain.pinIOThread(thread, cpuMapOf(cpulist, await countHostCpus(context.connection)), args.bits());
  },
});
