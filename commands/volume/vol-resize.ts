import {
  VIR_STORAGE_VOL_RESIZE_ALLOCATE,
  VIR_STORAGE_VOL_RESIZE_DELTA,
  VIR_STORAGE_VOL_RESIZE_SHRINK,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, orFail } from '../../src/shell/index.js';
import { volumeOf } from './volume-option.js';
import { volumeSize } from './volume-size.js';

export default defineCommand({
  name: 'vol-resize',
  group: 'volume',
  summary: 'resize a vol',
  description:
    'Resizes a storage volume. This is safe only for storage volumes not in use by an active guest.\nSee blockresize for live resizing.',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    {
      name: 'capacity',
      type: 'string',
      required: true,
      help: 'new capacity for the vol, as scaled integer (default bytes)',
    },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    {
      name: 'allocate',
      type: 'flag',
      bit: VIR_STORAGE_VOL_RESIZE_ALLOCATE,
      help: 'allocate the new capacity, rather than leaving it sparse',
    },
    {
      name: 'delta',
      type: 'flag',
      bit: VIR_STORAGE_VOL_RESIZE_DELTA,
      help: 'use capacity as a delta to current size, rather than the new size',
    },
    {
      name: 'shrink',
      type: 'flag',
      bit: VIR_STORAGE_VOL_RESIZE_SHRINK,
      help: 'allow the resize to shrink the volume',
    },
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const volume = await volumeOf(context, args);
    const text = args.text('capacity');
    const delta = args.flag('delta');
    // The hypervisor takes no negative sizes: how far it shrinks is told as a positive one.
    const smaller = text.startsWith('-');
    if (smaller && !args.flag('shrink')) throw new CommandError('negative size requires --shrink');
    const size = smaller ? text.slice(1) : text;
    const flags = args.bits() | (smaller ? VIR_STORAGE_VOL_RESIZE_DELTA : 0);
    const way = delta || smaller ? 'by' : 'to';
    await orFail(
      `Failed to change size of volume '${volume.name}' ${way} ${size}`,
      volume.resize(volumeSize(size), flags),
    );
    context.emit({ name: volume.name });
    context.output.extra(`Size of volume '${volume.name}' successfully changed ${way} ${size}\n`);
  },
});
