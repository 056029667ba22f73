import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'shutdown',
  group: 'domain',
  summary: 'gracefully shutdown a domain',
  description: 'Run shutdown in the target domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'mode', type: 'string', help: 'shutdown mode: acpi|agent|initctl|signal|paravirt' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
