import { defineCommand, orFail } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-destroy',
  group: 'pool',
  summary: 'destroy (stop) a pool',
  description: 'Forcefully stop a given pool. Raw data in the pool is untouched',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    await orFail(`Failed to destroy pool ${name}`, found.destroy());
    context.output.extra(`Pool ${name} destroyed\n`);
  },
});
