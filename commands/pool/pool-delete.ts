import { defineCommand, orFail } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-delete',
  group: 'pool',
  summary: 'delete a pool',
  description: 'Delete a given pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    await orFail(`Failed to delete pool ${name}`, found.delete());
    context.output.extra(`Pool ${name} deleted\n`);
  },
});
