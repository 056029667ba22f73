import { VIR_STORAGE_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-dumpxml',
  group: 'pool',
  summary: 'pool information in XML',
  description: 'Output the pool information as an XML dump to stdout.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'inactive', type: 'flag', bit: VIR_STORAGE_XML_INACTIVE, help: 'show inactive defined XML' },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const found = await poolOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await found.getXMLDesc(args.bits()), { xpath, wrap: args.flag('wrap') });
  },
});
