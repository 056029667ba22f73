import { defineCommand } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-name',
  group: 'network',
  summary: 'convert a network UUID to network name',
  description: '',
  options: [{ name: 'network', type: 'string', required: true, completer: 'network', help: 'network uuid' }],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const { name } = await networkOf(context, args, ['uuid']);
    context.emit({ name });
    context.output.print(`${name}\n`);
  },
});
