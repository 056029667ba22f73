import {
  VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
  VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
  VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, readTextFile, requires } from '../../src/shell/index.js';
import { createCheckpoint } from './create-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-create',
  group: 'checkpoint',
  summary: 'Create a checkpoint from XML',
  description: 'Create a checkpoint from XML for use in future incremental backups',
  manual: [
    'A checkpoint is a named moment from which on the hypervisor keeps account of the blocks of a disk that are written (in a dirty bitmap inside the qcow2 image). Nothing is copied. A later `backup-begin` with `<incremental>NAME</incremental>` copies just those blocks.',
    'Without a file, a checkpoint of all disks with a name made of the time. --redefine gives libvirt back the record of one whose bitmaps exist, as checkpoint-dumpxml prints it; --redefine-validate checks that they do. --quiesce has the guest agent freeze the file systems for that moment.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'xmlfile', type: 'string', completer: 'path', help: 'domain checkpoint XML' },
    {
      name: 'redefine',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
      help: 'redefine metadata for existing checkpoint',
    },
    {
      name: 'redefine-validate',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE_VALIDATE,
      help: 'validate the redefined checkpoint',
    },
    {
      name: 'quiesce',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_CREATE_QUIESCE,
      help: "quiesce guest's file systems",
    },
  ],
  rules: [requires('redefine-validate', 'redefine')],
  json: { object: { name: 'string', domain: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const file = args.optional('xmlfile');
    const xml = file === undefined ? '<domaincheckpoint/>' : await readTextFile(file);
    await createCheckpoint(context, domain, xml, args.bits(), file);
  },
});
