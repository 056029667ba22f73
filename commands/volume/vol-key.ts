import { defineCommand } from '../../src/shell/index.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-key',
  group: 'volume',
  summary: 'returns the volume key for a given volume name or path',
  description: '',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'volume name or path' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  json: { object: { key: 'string' } },
  async run(context, args) {
    const volume = await volumeOf(context, args);
    const key = volume.key;
    context.emit({ key });
    context.output.print(`${key}\n`);
  },
});
