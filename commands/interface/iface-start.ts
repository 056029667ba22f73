import { defineCommand, orFail } from '../../src/shell/index.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-start',
  group: 'interface',
  summary: 'start a physical host interface (enable it / "if-up")',
  description: 'start a physical host interface.',
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
    await orFail(`Failed to start interface ${name}`, found.create());
    context.output.extra(`Interface ${name} started\n`);
  },
});
