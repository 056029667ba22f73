import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domrename',
  group: 'domain',
  summary: 'rename a domain',
  description: 'Rename an inactive domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name or uuid' },
    { name: 'new-name', type: 'string', required: true, help: 'new domain name' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
