import { defineCommand, exclusive, orFail, SilentFailure } from '../../src/shell/index.js';
import { numaCells } from './numa-cells.js';

export default defineCommand({
  name: 'freecell',
  group: 'host',
  summary: 'NUMA free memory',
  description: 'display available free memory for the NUMA cell.',
  manual: [
    'Memory of the host that nothing uses, not even as a cache: in all, of one NUMA cell, or of each with --all.',
  ],
  options: [
    { name: 'cellno', type: 'int', completer: 'numa-cell', help: 'NUMA cell number' },
    { name: 'all', type: 'flag', help: 'show free memory for all NUMA cells' },
  ],
  rules: [exclusive('all', 'cellno')],
  json: {
    object: {
      'cells?': { list: { object: { cell: 'integer', freeKiB: 'integer' } } },
      'totalKiB?': 'integer',
    },
  },
  async run(context, args) {
    const { connection, output } = context;
    const freeOf = async (cell: number): Promise<bigint> => {
      const [free] = await connection.nodeGetCellsFreeMemory(cell, 1);
      if (free === undefined) throw new SilentFailure();
      return free;
    };
    const cell = args.int('cellno');
    if (args.flag('all')) {
      const cells: { cell: number; free: bigint }[] = [];
      for (const { id } of await numaCells(connection)) {
        const free = await orFail(`failed to get free memory for NUMA node number: ${id}`, freeOf(id));
        cells.push({ cell: id, free });
      }
      const total = cells.reduce((sum, { free }) => sum + free, 0n);
      context.emit({
        cells: cells.map(({ cell: id, free }) => ({ cell: id, freeKiB: free / 1024n })),
        totalKiB: total / 1024n,
      });
      for (const { cell: id, free } of cells) output.print(line(String(id), free));
      output.extra(`${'-'.repeat(20)}\n`);
      output.extra(line('Total', total));
    } else if (cell !== undefined) {
      const free = await freeOf(cell);
      context.emit({ cells: [{ cell, freeKiB: free / 1024n }] });
      output.print(`${cell}: ${free / 1024n} KiB\n`);
    } else {
      const free = await connection.nodeGetFreeMemory();
      context.emit({ totalKiB: free / 1024n });
      output.print(`Total: ${free / 1024n} KiB\n`);
    }
  },
});

const line = (name: string, bytes: bigint): string =>
  `${name.padStart(5)}: ${(bytes / 1024n).toString().padStart(10)} KiB\n`;
