import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'dommemstat',
  group: 'monitor',
  summary: 'get memory statistics for a domain',
  description: 'Get memory statistics for a running domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'period', type: 'int', positional: false, help: 'period in seconds to set collection' },
    { name: 'config', type: 'flag', help: 'affect next boot' },
    { name: 'live', type: 'flag', help: 'affect running domain' },
    { name: 'current', type: 'flag', help: 'affect current domain' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
