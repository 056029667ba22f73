import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'vcpuinfo',
  group: 'domain',
  summary: 'detailed domain vcpu information',
  description: 'Returns basic information about the domain virtual CPUs.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'pretty', type: 'flag', help: 'return human readable output' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
