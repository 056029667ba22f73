import { VIR_NODE_MEMORY_STATS_ALL_CELLS } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodememstats',
  group: 'host',
  summary: 'Prints memory stats of the node.',
  description: 'Returns memory stats of the node, in kilobytes.',
  manual: ['Values are in KiB. The kernel tells buffers and cached memory only for the host as a whole.'],
  options: [
    { name: 'cell', type: 'int', completer: 'numa-cell', help: 'prints specified cell statistics only.' },
  ],
  json: { map: 'integer' },
  async run(context, args) {
    const cell = args.int('cell') ?? VIR_NODE_MEMORY_STATS_ALL_CELLS;
    const counters = await orFail(
      'Unable to get number of memory stats',
      context.connection.nodeGetMemoryStats(cell),
    );
    context.emit(Object.fromEntries(counters.map(({ field, value }) => [`${field}KiB`, value])));
    for (const { field, value } of counters) {
      context.output.print(`${field.padEnd(7)}: ${value.toString().padStart(20)} KiB\n`);
    }
  },
});
