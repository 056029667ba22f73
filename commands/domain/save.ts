import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'save',
  group: 'domain',
  summary: 'save a domain state to a file',
  description: 'Save the RAM state of a running domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'where to save the data' },
    { name: 'bypass-cache', type: 'flag', help: 'avoid file system cache when saving' },
    {
      name: 'xml',
      type: 'string',
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    { name: 'running', type: 'flag', help: 'set domain to be running on restore' },
    { name: 'paused', type: 'flag', help: 'set domain to be paused on restore' },
    { name: 'verbose', type: 'flag', help: 'display the progress of save' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
