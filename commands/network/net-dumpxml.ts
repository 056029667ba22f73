import { VIR_NETWORK_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-dumpxml',
  group: 'network',
  summary: 'network information in XML',
  description: 'Output the network information as an XML dump to stdout.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    { name: 'inactive', type: 'flag', bit: VIR_NETWORK_XML_INACTIVE, help: 'show inactive defined XML' },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const found = await networkOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await found.getXMLDesc(args.bits()), { xpath, wrap: args.flag('wrap') });
  },
});
