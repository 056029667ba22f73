import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'find-storage-pool-sources',
  group: 'pool',
  summary: 'discover potential storage pool sources',
  description: 'Returns XML <sources> document.',
  options: [
    { name: 'type', type: 'string', required: true, help: 'type of storage pool sources to discover' },
    {
      name: 'srcSpec',
      type: 'string',
      completer: 'path',
      help: 'optional file of source xml to query for pools',
    },
  ],
  json: { object: { xml: 'string' } },
  async run(context, args) {
    const type = args.text('type');
    const file = args.optional('srcSpec');
    const source = file === undefined ? null : await readTextFile(file);
    const xml = await orFail(
      `Failed to find any ${type} pool sources`,
      context.connection.findStoragePoolSources(type, source),
    );
    context.emit({ xml });
    context.output.print(xml);
  },
});
