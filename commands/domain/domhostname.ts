import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domhostname',
  group: 'domain',
  summary: "print the domain's hostname",
  description: '',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'source', type: 'string', help: "address source: 'lease' or 'agent'" },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
