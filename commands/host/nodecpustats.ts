import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodecpustats',
  group: 'host',
  summary: 'Prints cpu stats of the node.',
  description: 'Returns cpu stats of the node, in nanoseconds.',
  options: [
    { name: 'cpu', type: 'int', help: 'prints specified cpu statistics only.' },
    { name: 'percent', type: 'flag', help: 'prints by percentage during 1 second.' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
