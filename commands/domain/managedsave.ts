import {
  VIR_DOMAIN_SAVE_BYPASS_CACHE,
  VIR_DOMAIN_SAVE_PAUSED,
  VIR_DOMAIN_SAVE_RUNNING,
} from '../../src/hypervisor/constants.js';
import {
  defineCommand,
  domainOf,
  domainOption,
  JobProgress,
  orFail,
  runDomainJob,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave',
  group: 'domain',
  summary: 'managed save of a domain state',
  description:
    "Save and destroy a running domain, so it can be restarted from\n    the same state at a later time.  When the virsh 'start'\n    command is next run for the domain, it will automatically\n    be started from this saved state.",
  manual: [
    "As `save`, into a file that the hypervisor keeps itself: the next `start` of the domain continues it from there and removes the file. `start --force-boot` and `managedsave-remove` discard it, and `list --all --managed-save` shows which domains have one. Transient domains can't have one.",
    'Only the memory of the guest and the state of its devices are saved. The disks stay where they are and are not copied: the saved state is good only together with the disks as they were at that moment. If a disk is written to before the restore (the domain is started again, a disk is mounted elsewhere, restored once already and run on), the restored guest has cached one content and finds another, and destroys its file systems. While a domain has a managed save, leave its disks alone. To be able to go back more than once, take a snapshot with disks instead (snapshot-create-as).',
    'An interrupt aborts the save: the guest runs on as before and the exit status is 130.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'bypass-cache',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_BYPASS_CACHE,
      help: 'avoid file system cache when saving',
    },
    {
      name: 'running',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_RUNNING,
      help: 'set domain to be running on next start',
    },
    {
      name: 'paused',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_PAUSED,
      help: 'set domain to be paused on next start',
    },
    { name: 'verbose', type: 'flag', help: 'display the progress of save' },
  ],
  long: true,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const progress = args.flag('verbose') ? new JobProgress(context, 'Managedsave') : undefined;
    await orFail(
      `Failed to save domain '${name}' state`,
      runDomainJob(
        context,
        domain,
        () => domain.managedSave(args.bits()),
        progress ? { onProgress: (job) => progress.report(job) } : {},
      ),
    );
    progress?.done();
    context.output.extra(`\nDomain '${name}' state saved by libvirt\n`);
  },
});
