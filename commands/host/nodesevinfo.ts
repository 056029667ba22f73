import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodesevinfo',
  group: 'host',
  summary: 'node SEV information',
  description: 'Returns basic SEV information about the node.\n\n',
  options: [],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
