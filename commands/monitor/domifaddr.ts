import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domifaddr',
  group: 'monitor',
  summary: "Get network interfaces' addresses for a running domain",
  description: "Get network interfaces' addresses for a running domain",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'interface', type: 'string', help: 'network interface name' },
    { name: 'full', type: 'flag', help: 'always display names and MACs of interfaces' },
    { name: 'source', type: 'string', help: "address source: 'lease', 'agent', or 'arp'" },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
