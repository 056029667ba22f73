import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domiflist',
  group: 'monitor',
  summary: 'list all domain virtual interfaces',
  description: 'Get the summary of virtual interfaces for a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'inactive', type: 'flag', help: 'get inactive rather than running configuration' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
