import { defineCommand } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-name',
  group: 'pool',
  summary: 'convert a pool UUID to pool name',
  description: '',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const { name } = await poolOf(context, args, ['uuid']);
    context.emit({ name });
    context.output.print(`${name}\n`);
  },
});
