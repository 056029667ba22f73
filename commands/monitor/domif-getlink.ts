import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domif-getlink',
  group: 'monitor',
  summary: 'get link state of a virtual interface',
  description: "Get link state of a domain's virtual interface.",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'interface', type: 'string', required: true, help: 'interface device (MAC Address)' },
    { name: 'config', type: 'flag', help: 'Get persistent interface state' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
