import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'capabilities',
  group: 'host',
  summary: 'capabilities',
  description: 'Returns capabilities of hypervisor/driver.\n\n',
  options: [],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
