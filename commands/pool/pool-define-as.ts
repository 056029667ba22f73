import { defineCommand, exclusive, orFail } from '../../src/shell/index.js';
import { poolXml, poolXmlOptions } from './pool-xml.js';

export default defineCommand({
  name: 'pool-define-as',
  group: 'pool',
  summary: 'define a pool from a set of args',
  description: 'Define a pool.',
  options: poolXmlOptions,
  rules: [exclusive('secret-usage', 'secret-uuid')],
  json: { object: { name: 'string', xml: 'string' } },
  async run(context, args) {
    const name = args.text('name');
    const xml = poolXml(args);
    if (args.flag('print-xml')) {
      context.emit({ name, xml });
      context.output.print(xml);
      return;
    }
    await orFail(`Failed to define pool ${name}`, context.connection.storagePoolDefineXML(xml));
    context.emit({ name, xml });
    context.output.extra(`Pool ${name} defined\n`);
  },
});
