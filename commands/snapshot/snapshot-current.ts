import {
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  VIR_DOMAIN_SNAPSHOT_XML_SECURE,
} from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { optionRules } from '../../src/snapshot/flag-rules.js';
import { isDiskOnly } from '../../src/snapshot/snapshot-xml.js';

export default defineCommand({
  name: 'snapshot-current',
  group: 'snapshot',
  summary: 'Get or set the current snapshot',
  description: 'Get or set the current snapshot',
  manual: [
    'Prints the XML of the current snapshot, the one that the next snapshot will have as its parent, or with --name only its name.',
    'With --snapshotname another snapshot is made the current one. This changes the records of libvirt only: the guest and its disks stay as they are. Use snapshot-revert to go back to a snapshot.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
    { name: 'name', type: 'flag', help: 'list the name, rather than the full xml' },
    {
      name: 'security-info',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_XML_SECURE,
      help: 'include security sensitive information in XML dump',
    },
    {
      name: 'snapshotname',
      type: 'string',
      completer: 'snapshot',
      help: 'name of existing snapshot to make current',
    },
  ],
  rules: optionRules['snapshot-current'],
  json: { object: { name: 'string', 'xml?': 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const wanted = args.optional('snapshotname');
    if (wanted !== undefined) {
      await makeCurrent(domain, wanted);
      context.emit({ name: wanted });
      context.output.extra(`Snapshot ${wanted} set as current`);
      return;
    }
    if (!(await domain.hasCurrentSnapshot())) {
      throw new CommandError(`domain '${domain.name}' has no current snapshot`);
    }
    const snapshot = await domain.snapshotCurrent();
    if (args.flag('name')) {
      context.emit({ name: snapshot.name });
      context.output.print(snapshot.name);
      return;
    }
    const xml = await snapshot.getXMLDesc(args.bits('security-info'));
    context.emit({ name: snapshot.name, xml });
    context.output.print(xml);
  },
});

/** Being current is part of a snapshot's definition, so it is redefined as it is. */
async function makeCurrent(domain: Domain, name: string): Promise<void> {
  const snapshot = await domain.snapshotLookupByName(name);
  const xml = await snapshot.getXMLDesc(VIR_DOMAIN_SNAPSHOT_XML_SECURE);
  const kind = isDiskOnly(xml) ? VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY : 0;
  await domain.snapshotCreateXML(
    xml,
    VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT | kind,
  );
}
