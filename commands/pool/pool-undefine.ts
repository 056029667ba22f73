import { defineCommand, orFail } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-undefine',
  group: 'pool',
  summary: 'undefine an inactive pool',
  description: 'Undefine the configuration for an inactive pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    await orFail(`Failed to undefine pool ${name}`, found.undefine());
    context.output.extra(`Pool ${name} has been undefined\n`);
  },
});
