import { defineCommand, orFail } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-undefine',
  group: 'network',
  summary: 'undefine a persistent network',
  description: 'Undefine the configuration for a persistent network.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
  ],
  async run(context, args) {
    const found = await networkOf(context, args);
    const name = args.text('network');
    await orFail(`Failed to undefine network ${name}`, found.undefine());
    context.output.extra(`Network ${name} has been undefined\n`);
  },
});
