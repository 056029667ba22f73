import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-info',
  group: 'snapshot',
  summary: 'snapshot information',
  description: 'Returns basic information about a snapshot.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'snapshot name' },
    { name: 'current', type: 'flag', help: 'info on current snapshot' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
