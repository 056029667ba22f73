import { defineCommand } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-uuid',
  group: 'network',
  summary: 'convert a network name to network UUID',
  description: '',
  options: [{ name: 'network', type: 'string', required: true, completer: 'network', help: 'network name' }],
  json: { object: { uuid: 'string' } },
  async run(context, args) {
    const { uuid } = await networkOf(context, args, ['name']);
    context.emit({ uuid });
    context.output.print(`${uuid}\n`);
  },
});
