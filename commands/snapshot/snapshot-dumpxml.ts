import { VIR_DOMAIN_SNAPSHOT_XML_SECURE } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, printXml, xmlJson } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-dumpxml',
  group: 'snapshot',
  summary: 'Dump XML for a domain snapshot',
  description: 'Snapshot Dump XML',
  manual: [
    "Prints the snapshot's domainsnapshot XML: its name, state, time, parent, what became of memory and of each disk, and the domain as it was configured then. `snapshot-create --redefine` takes it back.",
    'Passwords and the like are left out unless --security-info is given; use it when the XML is to be redefined elsewhere.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
    { name: 'snapshotname', type: 'string', required: true, completer: 'snapshot', help: 'snapshot name' },
    {
      name: 'security-info',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_XML_SECURE,
      help: 'include security sensitive information in XML dump',
    },
    { name: 'xpath', type: 'string', positional: false, help: 'xpath expression to filter the XML document' },
    { name: 'wrap', type: 'flag', help: 'wrap xpath results in an common root element' },
  ],
  json: xmlJson,
  async run(context, args) {
    const name = args.text('snapshotname');
    const domain = await domainOf(context, args);
    const snapshot = await domain.snapshotLookupByName(name);
    const xml = await snapshot.getXMLDesc(args.bits('security-info'));
    await printXml(context, xml, { xpath: args.raw('xpath'), wrap: args.flag('wrap') });
  },
});
