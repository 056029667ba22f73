import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'inject-nmi',
  group: 'domain',
  summary: 'Inject NMI to the guest',
  description: 'Inject NMI to the guest domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
