import { defineCommand, formatTable, orFail } from '../../src/shell/index.js';
import { poolOf } from '../pool/pool-option.js';
import { capacityText } from '../shell/capacity-text.js';
import { sortByName } from '../shell/sort-by-name.js';
import { volumeType } from './volume-types.js';

export default defineCommand({
  name: 'vol-list',
  group: 'volume',
  summary: 'list vols',
  description: 'Returns list of vols by pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'details', type: 'flag', help: 'display extended details for volumes' },
  ],
  json: {
    list: {
      object: {
        name: 'string',
        path: 'string',
        'type?': 'string',
        'capacity?': 'integer',
        'allocation?': 'integer',
      },
    },
  },
  async run(context, args) {
    const pool = await poolOf(context, args);
    const volumes = sortByName(await orFail('Failed to list volumes', pool.listAllVolumes()));
    const rows: string[][] = [];
    const values: object[] = [];
    for (const volume of volumes) {
      const path = await volume.getPath().catch(() => 'unknown');
      const info = args.flag('details') ? await volume.getInfo().catch(() => null) : undefined;
      const details = info
        ? [volumeType(info.type), capacityText(info.capacity), capacityText(info.allocation)]
        : ['unknown', 'unknown', 'unknown'];
      rows.push([volume.name, path, ...(info === undefined ? [] : details)]);
      values.push({ name: volume.name, path, ...(info && { ...info, type: volumeType(info.type) }) });
    }
    context.emit(values);
    const header = ['Name', 'Path', ...(args.flag('details') ? ['Type', 'Capacity', 'Allocation'] : [])];
    context.output.print(await formatTable(context.output.quiet ? null : header, rows));
  },
});
