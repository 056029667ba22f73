import { defineCommand, orFail } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-destroy',
  group: 'network',
  summary: 'destroy (stop) a network',
  description: 'Forcefully stop a given network.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
  ],
  async run(context, args) {
    const found = await networkOf(context, args);
    const name = args.text('network');
    await orFail(`Failed to destroy network ${name}`, found.destroy());
    context.output.extra(`Network ${name} destroyed\n`);
  },
});
