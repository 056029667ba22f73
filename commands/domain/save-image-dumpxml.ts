import { VIR_DOMAIN_SAVE_IMAGE_XML_SECURE } from '../../src/hypervisor/constants.js';
import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf } from '../shell/xpath-options.js';

export default defineCommand({
  name: 'save-image-dumpxml',
  group: 'domain',
  summary: 'saved state domain information in XML',
  description: 'Dump XML of domain information for a saved state file to stdout.',
  manual: [
    'Prints the configuration with which `restore` will continue the domain. Passwords are left out without --security-info.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'saved state file to read' },
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
    const xpath = xpathOf(args);
    const xml = await context.connection.domainSaveImageGetXMLDesc(args.text('file'), args.bits());
    await printXml(context, xml, { xpath, wrap: args.flag('wrap') });
  },
});
