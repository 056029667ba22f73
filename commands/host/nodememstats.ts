import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodememstats',
  group: 'host',
  summary: 'Prints memory stats of the node.',
  description: 'Returns memory stats of the node, in kilobytes.',
  options: [{ name: 'cell', type: 'int', help: 'prints specified cell statistics only.' }],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
