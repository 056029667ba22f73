import {
  VIR_STORAGE_POOL_CREATE_WITH_BUILD,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, exclusive, orFail } from '../../src/shell/index.js';
import { poolXml, poolXmlOptions } from './pool-xml.js';

export default defineCommand({
  name: 'pool-create-as',
  group: 'pool',
  summary: 'create a pool from a set of args',
  description: 'Create a pool.',
  options: [
    ...poolXmlOptions,
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
  rules: [exclusive('secret-usage', 'secret-uuid'), exclusive('overwrite', 'no-overwrite')],
  json: { object: { name: 'string', xml: 'string' } },
  async run(context, args) {
    const name = args.text('name');
    const xml = poolXml(args);
    if (args.flag('print-xml')) {
      context.emit({ name, xml });
      context.output.print(xml);
      return;
    }
    await orFail(`Failed to create pool ${name}`, context.connection.storagePoolCreateXML(xml, args.bits()));
    context.emit({ name, xml });
    context.output.extra(`Pool ${name} created\n`);
  },
});
