import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domuuid',
  group: 'domain',
  summary: 'convert a domain name or id to domain UUID',
  description: '',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain id or name' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
