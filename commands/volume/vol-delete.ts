import { VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail } from '../../src/shell/index.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-delete',
  group: 'volume',
  summary: 'delete a vol',
  description: 'Delete a given vol.',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    {
      name: 'delete-snapshots',
      type: 'flag',
      bit: VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS,
      help: 'delete snapshots associated with volume (must be supported by storage driver)',
    },
  ],
  async run(context, args) {
    const volume = await volumeOf(context, args);
    const name = args.text('vol');
    await orFail(`Failed to delete vol ${name}`, volume.delete(args.bits()));
    context.output.extra(`Vol ${name} deleted\n`);
  },
});
