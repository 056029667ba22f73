import { VIR_NODE_ALLOC_PAGES_ADD, VIR_NODE_ALLOC_PAGES_SET } from '../../src/hypervisor/constants.js';
import { defineCommand, exclusive } from '../../src/shell/index.js';
import { numaCells } from './numa-cells.js';
import { pageSizeOf } from './page-size.js';

export default defineCommand({
  name: 'allocpages',
  group: 'host',
  summary: 'Manipulate pages pool size',
  description: 'Allocate or free some pages in the pool for NUMA cell.',
  manual: [
    'Sets how many huge pages of one size the host keeps for guests, or adds as many with --add. The page size is in ' +
      'KiB unless it has a unit (2M). Without --cellno the pages may come from any NUMA cell; with --all each cell ' +
      'gets as many. The kernel may find fewer than asked for when memory is fragmented: see freepages.',
  ],
  options: [
    {
      name: 'pagesize',
      type: 'scaled',
      completer: 'page-size',
      required: true,
      help: 'page size (in kibibytes)',
    },
    { name: 'pagecount', type: 'int', required: true, help: 'page count' },
    { name: 'cellno', type: 'int', completer: 'numa-cell', help: 'NUMA cell number' },
    {
      name: 'add',
      type: 'flag',
      bit: VIR_NODE_ALLOC_PAGES_ADD,
      help: 'instead of setting new pool size add pages to it',
    },
    { name: 'all', type: 'flag', help: 'set on all NUMA cells' },
  ],
  rules: [exclusive('all', 'cellno')],
  async run(context, args) {
    const { connection } = context;
    const cell = args.int('cellno') ?? -1;
    const size = pageSizeOf(args.scaled('pagesize', 1024, 0xffff_ffffn) ?? 0n);
    const count = args.ulonglong('pagecount') ?? 0n;
    const flags = args.bits() || VIR_NODE_ALLOC_PAGES_SET;
    const cells = args.flag('all') ? (await numaCells(connection)).map(({ id }) => id) : [cell];
    for (const each of cells) await connection.nodeAllocPages([size], [count], each, 1, flags);
  },
});
