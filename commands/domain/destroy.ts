import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'destroy',
  group: 'domain',
  summary: 'destroy (stop) a domain',
  description: 'Forcefully stop a given domain, but leave its resources intact.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'graceful', type: 'flag', help: 'terminate gracefully' },
    { name: 'remove-logs', type: 'flag', help: 'remove domain logs' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
