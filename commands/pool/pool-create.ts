import {
  VIR_STORAGE_POOL_CREATE_WITH_BUILD,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, exclusive, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'pool-create',
  group: 'pool',
  summary: 'create a pool from an XML file',
  description: 'Create a pool.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML pool description',
    },
    {
      name: 'build',
      type: 'flag',
      bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD,
      help: 'build the pool as normal',
    },
    {
      name: 'no-overwrite',
      type: 'flag',
      bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
      help: 'do not overwrite any existing data',
    },
    {
      name: 'overwrite',
      type: 'flag',
      bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
      help: 'overwrite any existing data',
    },
  ],
  rules: [exclusive('overwrite', 'no-overwrite')],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const { name } = await orFail(
      `Failed to create pool from ${file}`,
      context.connection.storagePoolCreateXML(xml, args.bits()),
    );
    context.emit({ name });
    context.output.extra(`Pool ${name} created from ${file}\n`);
  },
});
