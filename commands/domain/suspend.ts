import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'suspend',
  group: 'domain',
  summary: 'suspend a domain',
  description: 'Suspend a running domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
