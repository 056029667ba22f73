import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domjobabort',
  group: 'domain',
  summary: 'abort active domain job',
  description: 'Aborts the currently running domain job',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'postcopy', type: 'flag', help: 'interrupt post-copy migration' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
