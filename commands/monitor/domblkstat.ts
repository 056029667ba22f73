import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domblkstat',
  group: 'monitor',
  summary: 'get device block stats for a domain',
  description:
    'Get device block stats for a running domain. See man page or use --human for explanation of fields',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'device', type: 'string', help: 'block device' },
    { name: 'human', type: 'flag', help: 'print a more human readable output' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
