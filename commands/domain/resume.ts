import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'resume',
  group: 'domain',
  summary: 'resume a domain',
  description: 'Resume a previously suspended domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
