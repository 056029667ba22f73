import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfsinfo',
  group: 'domain',
  summary: "Get information of domain's mounted filesystems.",
  description: "Get information of domain's mounted filesystems.",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
