import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodecpumap',
  group: 'host',
  summary: 'node cpu map',
  description:
    "Displays the node's total number of CPUs, the number of online CPUs and the list of online CPUs.",
  options: [{ name: 'pretty', type: 'flag', help: 'return human readable output' }],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
