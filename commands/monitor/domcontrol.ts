import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domcontrol',
  group: 'monitor',
  summary: 'domain control interface state',
  description: 'Returns state of a control interface to the domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
