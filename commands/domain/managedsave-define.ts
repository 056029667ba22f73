import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave-define',
  group: 'domain',
  summary: "redefine the XML for a domain's managed save state file",
  description: 'Replace the domain XML associated with a managed save state file',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    {
      name: 'xml',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    { name: 'running', type: 'flag', help: 'set domain to be running on start' },
    { name: 'paused', type: 'flag', help: 'set domain to be paused on start' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
