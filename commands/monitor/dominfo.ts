import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'dominfo',
  group: 'monitor',
  summary: 'domain information',
  description: 'Returns basic information about the domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
