import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave-remove',
  group: 'domain',
  summary: 'Remove managed save of a domain',
  description: 'Remove an existing managed save state file from a domain',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
