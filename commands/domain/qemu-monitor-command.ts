import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'qemu-monitor-command',
  group: 'domain',
  summary: 'QEMU Monitor Command',
  description: 'QEMU Monitor Command',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'hmp', type: 'flag', help: 'command is in human monitor protocol' },
    { name: 'pretty', type: 'flag', help: 'pretty-print any qemu monitor protocol output' },
    {
      name: 'return-value',
      type: 'flag',
      help: "extract the value of the 'return' key from the returned string",
    },
    {
      name: 'pass-fds',
      type: 'string',
      positional: false,
      help: 'pass file descriptors N,M,... along with the command',
    },
    { name: 'cmd', type: 'argv', required: true, help: 'command' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
