import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave',
  group: 'domain',
  summary: 'managed save of a domain state',
  description:
    "Save and destroy a running domain, so it can be restarted from\n    the same state at a later time.  When the virsh 'start'\n    command is next run for the domain, it will automatically\n    be started from this saved state.",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'bypass-cache', type: 'flag', help: 'avoid file system cache when saving' },
    { name: 'running', type: 'flag', help: 'set domain to be running on next start' },
    { name: 'paused', type: 'flag', help: 'set domain to be paused on next start' },
    { name: 'verbose', type: 'flag', help: 'display the progress of save' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
