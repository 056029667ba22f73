import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'freecell',
  group: 'host',
  summary: 'NUMA free memory',
  description: 'display available free memory for the NUMA cell.',
  options: [
    { name: 'cellno', type: 'int', help: 'NUMA cell number' },
    { name: 'all', type: 'flag', help: 'show free memory for all NUMA cells' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
