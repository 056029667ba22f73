import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'node-memory-tune',
  group: 'host',
  summary: 'Get or set node memory parameters',
  description:
    'Get or set node memory parameters\n    To get the memory parameters, use following command: \n\n    virsh # node-memory-tune',
  options: [
    {
      name: 'shm-pages-to-scan',
      type: 'int',
      help: 'number of pages to scan before the shared memory service goes to sleep',
    },
    {
      name: 'shm-sleep-millisecs',
      type: 'int',
      help: 'number of millisecs the shared memory service should sleep before next scan',
    },
    {
      name: 'shm-merge-across-nodes',
      type: 'int',
      help: 'Specifies if pages from different numa nodes can be merged',
    },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
