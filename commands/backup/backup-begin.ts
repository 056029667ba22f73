import { VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'backup-begin',
  group: 'backup',
  summary: 'Start a disk backup of a live domain',
  description:
    'Use XML to start a full or incremental disk backup of a live domain, optionally creating a checkpoint',
  manual: [
    'Starts a job that copies the disks of a running guest as they are at this moment, while the guest goes on writing. The job goes on after this command has ended: `domjobinfo` shows how far it is, `domjobabort` ends it, `event --event job-completed` waits for its end.',
    'A domainbackup XML says what is copied where. In push mode (`<domainbackup><disks><disk name="vda"><target file="..."/></disk></disks></domainbackup>`) QEMU writes the files; without a file, all disks go into files beside their images. In pull mode (`mode="pull"`, with a `<server>`) QEMU offers the disks over NBD, from where a backup program reads them; that job lasts until `domjobabort`. `<incremental>NAME</incremental>` copies only what was written since the checkpoint NAME.',
    '--checkpointxml makes a checkpoint at the same moment, from which the next incremental backup can start. --reuse-external writes into files that are there already.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'backupxml', type: 'string', completer: 'path', help: 'domain backup XML' },
    { name: 'checkpointxml', type: 'string', completer: 'path', help: 'domain checkpoint XML' },
    {
      name: 'reuse-external',
      type: 'flag',
      bit: VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL,
      help: 'reuse files provided by caller',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const backupFile = args.optional('backupxml');
    const backup = backupFile === undefined ? '<domainbackup/>' : await readTextFile(backupFile);
    const checkpointFile = args.optional('checkpointxml');
    const checkpoint = checkpointFile === undefined ? null : await readTextFile(checkpointFile);
    await domain.backupBegin(backup, checkpoint, args.bits());
    context.output.print('Backup started\n');
  },
});
