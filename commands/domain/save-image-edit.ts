import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'save-image-edit',
  group: 'domain',
  summary: "edit XML for a domain's saved state file",
  description: 'Edit the domain XML associated with a saved state file',
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'saved state file to edit' },
    { name: 'running', type: 'flag', help: 'set domain to be running on restore' },
    { name: 'paused', type: 'flag', help: 'set domain to be paused on restore' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
