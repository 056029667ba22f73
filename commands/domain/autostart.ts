import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'autostart',
  group: 'domain',
  summary: 'autostart a domain',
  description: 'Configure a domain to be automatically started at boot.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'disable', type: 'flag', help: 'disable autostarting' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
