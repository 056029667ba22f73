import { defineCommand, orFail } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-refresh',
  group: 'pool',
  summary: 'refresh a pool',
  description: 'Refresh a given pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    await orFail(`Failed to refresh pool ${name}`, found.refresh());
    context.output.extra(`Pool ${name} refreshed\n`);
  },
});
