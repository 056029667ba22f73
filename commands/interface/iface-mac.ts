import { defineCommand } from '../../src/shell/index.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-mac',
  group: 'interface',
  summary: 'convert an interface name to interface MAC address',
  description: '',
  options: [
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'host-interface',
      help: 'interface name',
    },
  ],
  json: { object: { mac: 'string' } },
  async run(context, args) {
    const { mac } = await hostInterfaceOf(context, args, ['name']);
    context.emit({ mac });
    context.output.print(`${mac}\n`);
  },
});
