import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'reset',
  group: 'domain',
  summary: 'reset a domain',
  description: 'Reset the target domain as if by power button',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
