import {
  VIR_DOMAIN_SAVE_BYPASS_CACHE,
  VIR_DOMAIN_SAVE_PAUSED,
  VIR_DOMAIN_SAVE_RUNNING,
} from '../../src/hypervisor/constants.js';
import {
  defineCommand,
  domainOf,
  domainOption,
  InterruptedError,
  JobProgress,
  orFail,
  readTextFile,
  runDomainJob,
} from '../../src/shell/index.js';

type JobState = Parameters<JobProgress['report']>[0];

export default defineCommand({
  name: 'save',
  group: 'domain',
  summary: 'save a domain state to a file',
  description: 'Save the RAM state of a running domain.',
  manual: [
    'Writes the memory of a running or paused domain to a file and stops the domain; a transient domain is gone then. `restore` continues it. The file belongs to the machine that the hypervisor runs on, which need not be this one; a relative path is taken from the present directory. An existing file is overwritten.',
    'Only the memory of the guest and the state of its devices are saved. The disks stay where they are and are not copied: the saved state is good only together with the disks as they were at that moment. If a disk is written to before the restore (the domain is started again, a disk is mounted elsewhere, restored once already and run on), the restored guest has cached one content and finds another, and destroys its file systems. So restore once, then delete the file. To be able to go back more than once, take a snapshot with disks instead (snapshot-create-as).',
    "With --xml the saved state gets another configuration, for disks that will have moved until the restore; what the guest can see must not differ. --running and --paused decide how the guest continues, whatever it did when it was saved. --bypass-cache keeps the file out of the host's page cache. --verbose shows on standard error how far it is.",
    'An interrupt aborts the save: the guest runs on as before, no file is left and the exit status is 130.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'where to save the data' },
    {
      name: 'bypass-cache',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_BYPASS_CACHE,
      help: 'avoid file system cache when saving',
    },
    {
      name: 'xml',
      type: 'string',
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    {
      name: 'running',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_RUNNING,
      help: 'set domain to be running on restore',
    },
    {
      name: 'paused',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_PAUSED,
      help: 'set domain to be paused on restore',
    },
    { name: 'verbose', type: 'flag', help: 'display the progress of save' },
  ],
  long: true,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const file = args.text('file');
    const flags = args.bits();
    const xmlFile = args.optional('xml');
    const xml = xmlFile === undefined ? null : await readTextFile(xmlFile);
    const progress = args.flag('verbose') ? new JobProgress(context, 'Save') : undefined;
    const failed = `Failed to save domain '${name}' to ${file}`;
    if (context.connection.ownEngine) {
      const { signal } = context;
      const onProgress = progress && ((state: JobState) => progress.report(state));
      try {
        await orFail(failed, domain.saveFlags(file, xml, flags, { signal, onProgress }));
      } catch (error) {
        if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
        throw error;
      }
    } else {
      // Hypervisors that know no flags still know the plain call.
      const save = () => (flags || xml !== null ? domain.saveFlags(file, xml, flags) : domain.save(file));
      await orFail(
        failed,
        runDomainJob(context, domain, save, progress ? { onProgress: (job) => progress.report(job) } : {}),
      );
    }
    progress?.done();
    context.output.extra(`\nDomain '${name}' saved to ${file}\n`);
  },
});
