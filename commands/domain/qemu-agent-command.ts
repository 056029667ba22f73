import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'qemu-agent-command',
  group: 'domain',
  summary: 'QEMU Guest Agent Command',
  description: 'Run an arbitrary qemu guest agent command; use at your own risk',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'timeout', type: 'int', positional: false, help: 'timeout seconds. must be positive.' },
    { name: 'async', type: 'flag', help: 'execute command without waiting for timeout' },
    { name: 'block', type: 'flag', help: 'execute command without timeout' },
    { name: 'pretty', type: 'flag', help: 'pretty-print the output' },
    { name: 'cmd', type: 'argv', required: true, help: 'command' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
