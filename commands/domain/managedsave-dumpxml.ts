import { VIR_DOMAIN_SAVE_IMAGE_XML_SECURE } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf } from '../shell/xpath-options.js';

export default defineCommand({
  name: 'managedsave-dumpxml',
  group: 'domain',
  summary: 'Domain information of managed save state file in XML',
  description: 'Dump XML of domain information for a managed save state file to stdout.',
  manual: [
    'Prints the configuration with which the next start will continue the domain. Passwords are left out without --security-info.',
  ],
  options: [
    domainOption('domain-with-managed-save'),
    {
      name: 'security-info',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_IMAGE_XML_SECURE,
      help: 'include security sensitive information in XML dump',
    },
    { name: 'xpath', type: 'string', positional: false, help: 'xpath expression to filter the XML document' },
    { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
  ],
  json: xmlJson,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const xpath = xpathOf(args);
    const xml = await domain.managedSaveGetXMLDesc(args.bits());
    await printXml(context, xml, { xpath, wrap: args.flag('wrap') });
  },
});
