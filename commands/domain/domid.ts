import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domid',
  group: 'domain',
  summary: 'convert a domain name or UUID to domain id',
  description: '',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
