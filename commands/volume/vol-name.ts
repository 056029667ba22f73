import { defineCommand } from '../../src/shell/index.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-name',
  group: 'volume',
  summary: 'returns the volume name for a given volume key or path',
  description: '',
  options: [{ name: 'vol', type: 'string', required: true, completer: 'volume', help: 'volume key or path' }],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const volume = await volumeOf(context, args, null);
    const name = volume.name;
    context.emit({ name });
    context.output.print(`${name}\n`);
  },
});
