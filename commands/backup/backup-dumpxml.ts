import { defineCommand, domainOf, domainOption, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';

export default defineCommand({
  name: 'backup-dumpxml',
  group: 'backup',
  summary: 'Dump XML for an ongoing domain block backup job',
  description: 'Backup Dump XML',
  manual: [
    'Prints the XML of the backup job that runs: its mode, the files or NBD exports of each disk, and from which checkpoint on it copies.',
  ],
  options: [domainOption('domain-active'), ...xpathOptions],
  json: xmlJson,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await domain.backupGetXMLDesc(), { xpath, wrap: args.flag('wrap') });
  },
});
