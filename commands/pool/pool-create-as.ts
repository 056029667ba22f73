import { defineCommand, exclusive, orFail } from '../../src/shell/index.js';
import { buildOptions, buildRules } from './build-options.js';
import { poolXml, poolXmlOptions } from './pool-xml.js';

export default defineCommand({
  name: 'pool-create-as',
  group: 'pool',
  summary: 'create a pool from a set of args',
  description: 'Create a pool.',
  options: [...poolXmlOptions, ...buildOptions],
  rules: [exclusive('secret-usage', 'secret-uuid'), ...buildRules],
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
