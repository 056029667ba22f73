import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domblkinfo',
  group: 'monitor',
  summary: 'domain block device size information',
  description: 'Get block device size info for a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'device', type: 'string', help: 'block device' },
    { name: 'human', type: 'flag', help: 'Human readable output' },
    { name: 'all', type: 'flag', help: 'display all block devices info' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
