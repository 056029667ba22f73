import {
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, readTextFile } from '../../src/shell/index.js';
import { createdShape, createFlags, createManual, engineOptions } from './create-options.js';
import { createSnapshot } from './create-snapshot.js';
import { engineWishes } from './create-with-engine.js';

export default defineCommand({
  name: 'snapshot-create',
  group: 'snapshot',
  summary: 'Create a snapshot from XML',
  description: 'Create a snapshot (disk and RAM) from XML',
  manual: [
    'Makes the snapshot that a domainsnapshot XML file describes; without a file, one with a name made of the time, and defaults for the rest.',
    ...createManual,
    '--redefine makes no snapshot. It gives libvirt back the record of one that exists: the XML must be complete, as snapshot-dumpxml --security-info prints it. So records can be moved to another host, restored after they were dropped, or changed. --current makes it the current snapshot at once.',
  ],
  options: [
    domainOption(),
    { name: 'xmlfile', type: 'string', completer: 'path', help: 'domain snapshot XML' },
    {
      name: 'redefine',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
      help: 'redefine metadata for existing snapshot',
    },
    {
      name: 'current',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
      help: 'with redefine, set current snapshot',
    },
    ...createFlags,
    ...engineOptions,
  ],
  long: true,
  json: createdShape,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const file = args.optional('xmlfile');
    const xml = file === undefined ? '<domainsnapshot/>' : await readTextFile(file);
    await createSnapshot(context, domain, xml, args.bits(), engineWishes(args), file);
  },
});
