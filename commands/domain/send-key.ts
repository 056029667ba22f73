import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'send-key',
  group: 'domain',
  summary: 'Send keycodes to the guest',
  description: 'Send keycodes (integers or symbolic names) to the guest',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'codeset', type: 'string', positional: false, help: 'the codeset of keycodes, default:linux' },
    {
      name: 'holdtime',
      type: 'int',
      positional: false,
      help: 'the time (in milliseconds) how long the keys will be held',
    },
    { name: 'keycode', type: 'argv', required: true, help: 'the key code' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
