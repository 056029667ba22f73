import { defineCommand } from '../../src/shell/index.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-name',
  group: 'interface',
  summary: 'convert an interface MAC address to interface name',
  description: '',
  options: [{ name: 'interface', type: 'string', required: true, help: 'interface mac' }],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const { name } = await hostInterfaceOf(context, args, ['mac']);
    context.emit({ name });
    context.output.print(`${name}\n`);
  },
});
