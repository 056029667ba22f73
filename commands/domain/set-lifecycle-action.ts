import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'set-lifecycle-action',
  group: 'domain',
  summary: 'change lifecycle actions',
  description: 'Change lifecycle actions for the guest domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'type', type: 'string', required: true, help: 'lifecycle type to modify' },
    { name: 'action', type: 'string', required: true, help: 'lifecycle action to set' },
    { name: 'config', type: 'flag', help: 'affect next boot' },
    { name: 'live', type: 'flag', help: 'affect running domain' },
    { name: 'current', type: 'flag', help: 'affect current domain' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
