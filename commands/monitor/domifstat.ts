import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domifstat',
  group: 'monitor',
  summary: 'get network interface stats for a domain',
  description: 'Get network interface stats for a running domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    {
      name: 'interface',
      type: 'string',
      required: true,
      help: 'interface device specified by name or MAC Address',
    },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
