import { defineCommand, orFail } from '../../src/shell/index.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-pool',
  group: 'volume',
  summary: 'returns the storage pool for a given volume key or path',
  description: '',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'volume key or path' },
    { name: 'uuid', type: 'flag', help: 'return the pool uuid rather than pool name' },
  ],
  json: { object: { name: 'string', uuid: 'string' } },
  async run(context, args) {
    const volume = await volumeOf(context, args, null);
    const { name, uuid } = await orFail(
      'failed to get parent pool',
      context.connection.storagePoolLookupByVolume(volume),
    );
    context.emit({ name, uuid });
    context.output.print(`${args.flag('uuid') ? uuid : name}\n`);
  },
});
