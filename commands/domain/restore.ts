import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'restore',
  group: 'domain',
  summary: 'restore a domain from a saved state in a file',
  description: 'Restore a domain.',
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'the state to restore' },
    { name: 'bypass-cache', type: 'flag', help: 'avoid file system cache when restoring' },
    {
      name: 'xml',
      type: 'string',
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    { name: 'running', type: 'flag', help: 'restore domain into running state' },
    { name: 'paused', type: 'flag', help: 'restore domain into paused state' },
    { name: 'reset-nvram', type: 'flag', help: 're-initialize NVRAM from its pristine template' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
