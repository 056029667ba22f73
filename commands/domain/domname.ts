import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domname',
  group: 'domain',
  summary: 'convert a domain id or UUID to domain name',
  description: '',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
