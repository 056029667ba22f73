import { VIR_DOMAIN_ABORT_JOB_POSTCOPY } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domjobabort',
  group: 'domain',
  summary: 'abort active domain job',
  description: 'Aborts the currently running domain job',
  manual: [
    'Stops a save, dump, migration, backup or snapshot of memory that another client started; that command then fails, and the guest goes on as before. Block jobs are not domain jobs and are not touched.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'postcopy',
      type: 'flag',
      bit: VIR_DOMAIN_ABORT_JOB_POSTCOPY,
      help: 'interrupt post-copy migration',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const flags = args.bits();
    // Daemons older than the flags have the plain function only.
    await (flags === 0 ? domain.abortJob() : domain.abortJobFlags(flags));
  },
});
