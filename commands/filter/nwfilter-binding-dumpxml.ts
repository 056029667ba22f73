import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { bindingOf } from './binding-option.js';

export default defineCommand({
  name: 'nwfilter-binding-dumpxml',
  group: 'filter',
  summary: 'network filter information in XML',
  description: 'Output the network filter information as an XML dump to stdout.',
  options: [
    {
      name: 'binding',
      type: 'string',
      required: true,
      completer: 'filter-binding',
      help: 'network filter binding portdev',
    },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const binding = await bindingOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await binding.getXMLDesc(), { xpath, wrap: args.flag('wrap') });
  },
});
