import { defineCommand } from '../../src/shell/index.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-path',
  group: 'volume',
  summary: 'returns the volume path for a given volume name or key',
  description: '',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'volume name or key' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  json: { object: { path: 'string' } },
  async run(context, args) {
    const volume = await volumeOf(context, args);
    const path = await volume.getPath();
    context.emit({ path });
    context.output.print(`${path}\n`);
  },
});
