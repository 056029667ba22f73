import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'pool-capabilities',
  group: 'pool',
  summary: 'storage pool capabilities',
  description: 'Returns capabilities of storage pool support.',
  options: [],
  json: { object: { xml: 'string' } },
  async run(context) {
    const xml = await orFail(
      'failed to get storage pool capabilities',
      context.connection.getStoragePoolCapabilities(),
    );
    context.emit({ xml });
    context.output.print(`${xml}\n`);
  },
});
