import { defineCommand, orFail } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-start',
  group: 'network',
  summary: 'start a (previously defined) inactive network',
  description: 'Start a network.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
  ],
  async run(context, args) {
    const found = await networkOf(context, args);
    const name = args.text('network');
    await orFail(`Failed to start network ${name}`, found.create());
    context.output.extra(`Network ${name} started\n`);
  },
});
