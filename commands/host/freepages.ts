import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'freepages',
  group: 'host',
  summary: 'NUMA free pages',
  description: 'display available free pages for the NUMA cell.',
  options: [
    { name: 'cellno', type: 'int', help: 'NUMA cell number' },
    { name: 'pagesize', type: 'int', help: 'page size (in kibibytes)' },
    { name: 'all', type: 'flag', help: 'show free pages for all NUMA cells' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
