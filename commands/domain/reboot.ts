import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'reboot',
  group: 'domain',
  summary: 'reboot a domain',
  description: 'Run a reboot command in the target domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'mode', type: 'string', help: 'shutdown mode: acpi|agent|initctl|signal|paravirt' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
