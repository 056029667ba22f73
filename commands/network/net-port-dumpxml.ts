import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { networkOf } from './network-option.js';
import { networkPortOf } from './network-port-option.js';

export default defineCommand({
  name: 'net-port-dumpxml',
  group: 'network',
  summary: 'network port information in XML',
  description: 'Output the network port information as an XML dump to stdout.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    { name: 'port', type: 'string', required: true, completer: 'network-port', help: 'port UUID' },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const port = await networkPortOf(await networkOf(context, args), args);
    const xpath = xpathOf(args);
    await printXml(context, await port.getXMLDesc(), { xpath, wrap: args.flag('wrap') });
  },
});
