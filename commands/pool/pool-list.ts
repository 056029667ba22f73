import {
  VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE,
  VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART,
  VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE,
  VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART,
  VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT,
  VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT,
} from '../../src/hypervisor/constants.js';
import { defineCommand, formatTable, orFail } from '../../src/shell/index.js';
import { sortByName } from '../shell/sort-by-name.js';
import { describePool } from './describe-pool.js';
import { poolTypeFlags, poolTypes } from './pool-types.js';

export default defineCommand({
  name: 'pool-list',
  group: 'pool',
  summary: 'list pools',
  description: 'Returns list of pools.',
  options: [
    { name: 'inactive', type: 'flag', help: 'list inactive pools' },
    { name: 'all', type: 'flag', help: 'list inactive & active pools' },
    {
      name: 'transient',
      type: 'flag',
      bit: VIR_CONNECT_LIST_STORAGE_POOLS_TRANSIENT,
      help: 'list transient pools',
    },
    {
      name: 'persistent',
      type: 'flag',
      bit: VIR_CONNECT_LIST_STORAGE_POOLS_PERSISTENT,
      help: 'list persistent pools',
    },
    {
      name: 'autostart',
      type: 'flag',
      bit: VIR_CONNECT_LIST_STORAGE_POOLS_AUTOSTART,
      help: 'list pools with autostart enabled',
    },
    {
      name: 'no-autostart',
      type: 'flag',
      bit: VIR_CONNECT_LIST_STORAGE_POOLS_NO_AUTOSTART,
      help: 'list pools with autostart disabled',
    },
    {
      name: 'type',
      type: 'string',
      values: poolTypes,
      valueList: true,
      help: 'only list pool of specified type(s) (if supported)',
    },
    { name: 'details', type: 'flag', help: 'display extended details for pools' },
    { name: 'uuid', type: 'flag', help: 'list UUID of active pools only' },
    { name: 'name', type: 'flag', help: 'list name of active pools only' },
  ],
  rules: [{ exclusive: ['all', 'inactive'] }],
  json: {
    list: {
      object: {
        name: 'string',
        uuid: 'string',
        state: 'string',
        autostart: { oneOf: ['boolean', 'null'] },
        'persistent?': 'boolean',
        'capacity?': 'integer',
        'allocation?': 'integer',
        'available?': 'integer',
      },
    },
  },
  async run(context, args) {
    let flags = VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE;
    if (args.flag('inactive')) flags = VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE;
    if (args.flag('all'))
      flags = VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE | VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE;
    flags |= args.bits() | poolTypeFlags(args.optional('type'));
    const found = sortByName(
      await orFail('Failed to list pools', context.connection.listAllStoragePools(flags)),
    );
    const details = args.flag('details');
    const values: object[] = [];
    const rows: string[][] = [];
    for (const pool of found) {
      const described = await describePool(pool, details);
      values.push(described.value);
      rows.push(described.row);
    }
    context.emit(values);
    if (args.flag('uuid') || args.flag('name')) {
      for (const pool of found) {
        const words = [...(args.flag('uuid') ? [pool.uuid] : []), ...(args.flag('name') ? [pool.name] : [])];
        context.output.print(
          `${words.map((word) => word.padEnd(args.flag('name') && word === pool.name ? 20 : 0)).join(' ')}\n`,
        );
      }
      return;
    }
    const more = details ? ['Persistent', 'Capacity', 'Allocation', 'Available'] : [];
    const header = ['Name', 'State', 'Autostart', ...more];
    context.output.print(await formatTable(context.output.quiet ? null : header, rows));
  },
});
