import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-current',
  group: 'snapshot',
  summary: 'Get or set the current snapshot',
  description: 'Get or set the current snapshot',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'name', type: 'flag', help: 'list the name, rather than the full xml' },
    { name: 'security-info', type: 'flag', help: 'include security sensitive information in XML dump' },
    {
      name: 'snapshotname',
      type: 'string',
      completer: 'snapshot',
      help: 'name of existing snapshot to make current',
    },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
