import { defineCommand, orFail } from '../../src/shell/index.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-undefine',
  group: 'interface',
  summary: 'undefine a physical host interface (remove it from configuration)',
  description: 'undefine an interface.',
  options: [
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'host-interface',
      help: 'interface name or MAC address',
    },
  ],
  async run(context, args) {
    const found = await hostInterfaceOf(context, args);
    const name = args.text('interface');
    await orFail(`Failed to undefine interface ${name}`, found.undefine());
    context.output.extra(`Interface ${name} undefined\n`);
  },
});
