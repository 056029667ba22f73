import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { filterOf } from './filter-option.js';

export default defineCommand({
  name: 'nwfilter-dumpxml',
  group: 'filter',
  summary: 'network filter information in XML',
  description: 'Output the network filter information as an XML dump to stdout.',
  options: [
    {
      name: 'nwfilter',
      type: 'string',
      required: true,
      completer: 'network-filter',
      help: 'network filter name or uuid',
    },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const found = await filterOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await found.getXMLDesc(), { xpath, wrap: args.flag('wrap') });
  },
});
