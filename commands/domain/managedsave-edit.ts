import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave-edit',
  group: 'domain',
  summary: "edit XML for a domain's managed save state file",
  description: 'Edit the domain XML associated with the managed save state file',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'running', type: 'flag', help: 'set domain to be running on start' },
    { name: 'paused', type: 'flag', help: 'set domain to be paused on start' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
