import {
  VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN,
  VIR_DOMAIN_CHECKPOINT_XML_SECURE,
  VIR_DOMAIN_CHECKPOINT_XML_SIZE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { findCheckpoint } from './find-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-dumpxml',
  group: 'checkpoint',
  summary: 'Dump XML for a domain checkpoint',
  description: 'Checkpoint Dump XML',
  manual: [
    "Prints a checkpoint's XML: its name, time, parent, the bitmap of each disk, and the domain as it was configured then. With --size each disk also gets the bytes that an incremental backup from here would now copy, at the granularity of the bitmap; the guest has to run for that.",
  ],
  options: [
    domainOption('domain-with-checkpoint'),
    { name: 'checkpointname', type: 'string', completer: 'checkpoint', help: 'checkpoint name' },
    {
      name: 'security-info',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_XML_SECURE,
      help: 'include security sensitive information in XML dump',
    },
    {
      name: 'no-domain',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_XML_NO_DOMAIN,
      help: 'exclude <domain> from XML',
    },
    {
      name: 'size',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_XML_SIZE,
      help: 'include backup size estimate in XML dump',
    },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const xpath = xpathOf(args);
    const checkpoint = await findCheckpoint(domain, 'checkpointname', args.optional('checkpointname'));
    const xml = await checkpoint.getXMLDesc(args.bits());
    await printXml(context, xml, { xpath, wrap: args.flag('wrap') });
  },
});
