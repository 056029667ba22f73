import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodeinfo',
  group: 'host',
  summary: 'node information',
  description: 'Returns basic information about the node.\n\n',
  options: [],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
