import { defineCommand } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-uuid',
  group: 'pool',
  summary: 'convert a pool name to pool UUID',
  description: '',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  json: { object: { uuid: 'string' } },
  async run(context, args) {
    const { uuid } = await poolOf(context, args, ['name']);
    context.emit({ uuid });
    context.output.print(`${uuid}\n`);
  },
});
