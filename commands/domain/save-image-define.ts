import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'save-image-define',
  group: 'domain',
  summary: "redefine the XML for a domain's saved state file",
  description: 'Replace the domain XML associated with a saved state file',
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'saved state file to modify' },
    {
      name: 'xml',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    { name: 'running', type: 'flag', help: 'set domain to be running on restore' },
    { name: 'paused', type: 'flag', help: 'set domain to be paused on restore' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
