import { VIR_INTERFACE_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-dumpxml',
  group: 'interface',
  summary: 'interface information in XML',
  description: 'Output the physical host interface information as an XML dump to stdout.',
  options: [
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'host-interface',
      help: 'interface name or MAC address',
    },
    { name: 'inactive', type: 'flag', bit: VIR_INTERFACE_XML_INACTIVE, help: 'show inactive defined XML' },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const found = await hostInterfaceOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await found.getXMLDesc(args.bits()), { xpath, wrap: args.flag('wrap') });
  },
});
