import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'allocpages',
  group: 'host',
  summary: 'Manipulate pages pool size',
  description: 'Allocate or free some pages in the pool for NUMA cell.',
  options: [
    { name: 'pagesize', type: 'int', required: true, help: 'page size (in kibibytes)' },
    { name: 'pagecount', type: 'int', required: true, help: 'page count' },
    { name: 'cellno', type: 'int', help: 'NUMA cell number' },
    { name: 'add', type: 'flag', help: 'instead of setting new pool size add pages to it' },
    { name: 'all', type: 'flag', help: 'set on all NUMA cells' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
