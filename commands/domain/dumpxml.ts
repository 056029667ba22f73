import {
  VIR_DOMAIN_XML_INACTIVE,
  VIR_DOMAIN_XML_MIGRATABLE,
  VIR_DOMAIN_XML_SECURE,
  VIR_DOMAIN_XML_UPDATE_CPU,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, printXml, xmlJson } from '../../src/shell/index.js';

export default defineCommand({
  name: 'dumpxml',
  group: 'domain',
  summary: 'domain information in XML',
  description: 'Output the domain information as an XML dump to stdout.',
  manual: [
    'Prints the configuration of a running domain as it is now, or with --inactive the one that counts from its next start. What it prints can be given to `define`, with --security-info also where it holds passwords.',
    '--xpath prints only the nodes that an XPath 1.0 expression selects, each formatted anew; attributes are printed as name="value" after a blank. The expression starts at the `domain` element, and knows no namespace prefixes. --wrap puts the nodes into one `nodes` element, so that the output is again a document. An expression that is no XPath is told on standard error and counts as one that selects nothing.',
  ],
  options: [
    domainOption(),
    { name: 'inactive', type: 'flag', bit: VIR_DOMAIN_XML_INACTIVE, help: 'show inactive defined XML' },
    {
      name: 'security-info',
      type: 'flag',
      bit: VIR_DOMAIN_XML_SECURE,
      help: 'include security sensitive information in XML dump',
    },
    {
      name: 'update-cpu',
      type: 'flag',
      bit: VIR_DOMAIN_XML_UPDATE_CPU,
      help: 'update guest CPU according to host CPU',
    },
    {
      name: 'migratable',
      type: 'flag',
      bit: VIR_DOMAIN_XML_MIGRATABLE,
      help: 'provide XML suitable for migrations',
    },
    { name: 'xpath', type: 'string', positional: false, help: 'xpath expression to filter the XML document' },
    { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
  ],
  json: xmlJson,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const xml = await domain.getXMLDesc(args.bits());
    await printXml(context, xml, { xpath: args.raw('xpath'), wrap: args.flag('wrap') });
  },
});
