import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domblklist',
  group: 'monitor',
  summary: 'list all domain blocks',
  description: 'Get the summary of block devices for a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'inactive', type: 'flag', help: 'get inactive rather than running configuration' },
    { name: 'details', type: 'flag', help: 'additionally display the type and device value' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
