import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domblkerror',
  group: 'monitor',
  summary: 'Show errors on block devices',
  description: 'Show block device errors',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
