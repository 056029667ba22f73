import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { secretOf } from './secret-option.js';

export default defineCommand({
  name: 'secret-dumpxml',
  group: 'secret',
  summary: 'secret attributes in XML',
  description: 'Output attributes of a secret as an XML dump to stdout.',
  options: [
    { name: 'secret', type: 'string', required: true, completer: 'secret', help: 'secret UUID' },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const found = await secretOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await found.getXMLDesc(), { xpath, wrap: args.flag('wrap') });
  },
});
