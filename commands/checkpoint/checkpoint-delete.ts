import {
  VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN,
  VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY,
  VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { findCheckpoint } from './find-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-delete',
  group: 'checkpoint',
  summary: 'Delete a domain checkpoint',
  description: 'Checkpoint Delete',
  manual: [
    "Drops a checkpoint: what its bitmap has recorded is merged into that of its parent, so that incremental backups from the parent stay right. The contents of the disks are not touched. --metadata drops libvirt's record only and leaves the bitmaps in the images.",
  ],
  options: [
    domainOption('domain-with-checkpoint'),
    { name: 'checkpointname', type: 'string', completer: 'checkpoint', help: 'checkpoint name' },
    {
      name: 'children',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN,
      help: 'delete checkpoint and all children',
    },
    {
      name: 'children-only',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_DELETE_CHILDREN_ONLY,
      help: 'delete children but not checkpoint',
    },
    {
      name: 'metadata',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY,
      help: 'delete only libvirt metadata, leaving checkpoint contents behind',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const checkpoint = await findCheckpoint(domain, 'checkpointname', args.optional('checkpointname'));
    const { name } = checkpoint;
    await orFail(`Failed to delete checkpoint ${name}`, checkpoint.delete(args.bits()));
    const what = args.flag('children-only') ? `${name} children` : name;
    context.output.extra(`Domain checkpoint ${what} deleted\n`);
  },
});
