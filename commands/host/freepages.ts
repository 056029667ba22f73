import type { Element } from '@xmldom/xmldom';
import { attributeAt, CommandError, defineCommand, elementsAt, exclusive } from '../../src/shell/index.js';
import { cellsOf, hostCapabilities } from './numa-cells.js';
import { pageSizeOf } from './page-size.js';

export default defineCommand({
  name: 'freepages',
  group: 'host',
  summary: 'NUMA free pages',
  description: 'display available free pages for the NUMA cell.',
  manual: [
    'How many pages of a size are free in a NUMA cell (-1: in the whole host), or of each size in each cell with ' +
      '--all. The page size is in KiB unless it has a unit (2M). Of sizes other than the ordinary one, only pages ' +
      'in the pool count: see allocpages.',
  ],
  options: [
    { name: 'cellno', type: 'int', completer: 'numa-cell', help: 'NUMA cell number' },
    { name: 'pagesize', type: 'scaled', completer: 'page-size', help: 'page size (in kibibytes)' },
    { name: 'all', type: 'flag', help: 'show free pages for all NUMA cells' },
  ],
  rules: [exclusive('all', 'cellno')],
  json: {
    list: {
      object: {
        cell: 'integer',
        pages: { list: { object: { sizeKiB: 'integer', free: 'integer' } } },
      },
    },
  },
  async run(context, args) {
    const { connection, output } = context;
    const bytes = args.scaled('pagesize', 1024, 0xffff_ffffn);
    const size = bytes === undefined ? undefined : pageSizeOf(bytes);
    const freeOf = async (cell: number, sizes: readonly number[]) => {
      const counts = await connection.nodeGetFreePages(sizes, cell, 1);
      return sizes.map((sizeKiB, index) => ({ sizeKiB, free: counts[index] ?? 0n }));
    };
    if (!args.flag('all')) {
      const cell = args.int('cellno');
      if (cell === undefined) throw new CommandError('missing cellno argument');
      if (cell < -1) throw new CommandError('cell number must be non-negative integer or -1');
      if (size === undefined) throw new CommandError('missing pagesize argument');
      const pages = await freeOf(cell, [size]);
      context.emit([{ cell, pages }]);
      for (const each of pages) output.print(`${each.sizeKiB}KiB: ${each.free}\n`);
      return;
    }
    const capabilities = await hostCapabilities(connection);
    const sizes = size === undefined ? pageSizes(capabilities) : [size];
    const cells = [];
    for (const { id } of cellsOf(capabilities)) {
      const pages = await freeOf(id, sizes);
      cells.push({ cell: id, pages });
      output.print(`Node ${id}:\n`);
      for (const each of pages) output.print(`${each.sizeKiB}KiB: ${each.free}\n`);
      output.print('\n');
    }
    context.emit(cells);
  },
});

/** The host's page sizes in KiB, rising. Some drivers list them only with each NUMA cell. */
function pageSizes(capabilities: Element): number[] {
  let pages = elementsAt(capabilities, 'host', 'cpu', 'pages');
  if (pages.length === 0) pages = elementsAt(capabilities, 'host', 'topology', 'cells', 'cell', 'pages');
  if (pages.length === 0) {
    throw new CommandError('could not get information about supported page sizes');
  }
  const sizes = pages.map((page) => {
    const size = attributeAt(page, [], 'size') ?? '';
    if (!/^\d+$/.test(size)) throw new CommandError(`unable to parse page size: ${size}`);
    return Number(size);
  });
  return [...new Set(sizes)].sort((a, b) => a - b);
}
