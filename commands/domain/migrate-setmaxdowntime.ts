import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'migrate-setmaxdowntime',
  group: 'domain',
  summary: 'set maximum tolerable downtime',
  description: 'Set maximum tolerable downtime of a domain which is being live-migrated to another host.',
  options: [
    domainOption('domain-active'),
    {
      name: 'downtime',
      type: 'int',
      required: true,
      help: 'maximum tolerable downtime (in milliseconds) for migration',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const downtime = args.ulonglong('downtime') ?? 0n;
    if (downtime < 1n) throw new CommandError('migrate: Invalid downtime');
    await domain.migrateSetMaxDowntime(downtime);
  },
});
