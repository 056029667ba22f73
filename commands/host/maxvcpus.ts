import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'maxvcpus',
  group: 'host',
  summary: 'connection vcpu maximum',
  description: 'Show maximum number of virtual CPUs for guests on this connection.',
  options: [{ name: 'type', type: 'string', help: 'domain type' }],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
