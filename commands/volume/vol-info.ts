import { VIR_STORAGE_VOL_GET_PHYSICAL } from '../../src/hypervisor/constants.js';
import { defineCommand } from '../../src/shell/index.js';
import { capacityText } from '../shell/capacity-text.js';
import { volumeOf } from './volume-option.js';
import { volumeType } from './volume-types.js';

export default defineCommand({
  name: 'vol-info',
  group: 'volume',
  summary: 'storage vol information',
  description: 'Returns basic information about the storage vol.',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'bytes', type: 'flag', help: 'sizes are represented in bytes rather than pretty units' },
    {
      name: 'physical',
      type: 'flag',
      bit: VIR_STORAGE_VOL_GET_PHYSICAL,
      help: 'return the physical size of the volume in allocation field',
    },
  ],
  json: {
    object: {
      name: 'string',
      type: 'string',
      capacity: 'integer',
      'allocation?': 'integer',
      'physical?': 'integer',
    },
  },
  async run(context, args) {
    const volume = await volumeOf(context, args);
    const line = (label: string, value: string): void =>
      context.output.print(`${`${label}:`.padEnd(15)} ${value}\n`);
    const physical = args.flag('physical');
    line('Name', volume.name);
    const { type, capacity, allocation } = await volume.getInfo(args.bits('physical'));
    const size = args.flag('bytes') ? (bytes: bigint): string => `${bytes} bytes` : capacityText;
    line('Type', volumeType(type));
    line('Capacity', size(capacity));
    line(physical ? 'Physical' : 'Allocation', size(allocation));
    context.emit({
      name: volume.name,
      type: volumeType(type),
      capacity,
      [physical ? 'physical' : 'allocation']: allocation,
    });
  },
});
