import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domstate',
  group: 'monitor',
  summary: 'domain state',
  description: 'Returns state about a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'reason', type: 'flag', help: 'also print reason for the state' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
