import { VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'migrate-setspeed',
  group: 'domain',
  summary: 'Set the maximum migration bandwidth',
  description:
    'Set the maximum migration bandwidth (in MiB/s) for a domain which is being migrated to another host.',
  options: [
    domainOption('domain-active'),
    { name: 'bandwidth', type: 'int', required: true, help: 'migration bandwidth limit in MiB/s' },
    {
      name: 'postcopy',
      type: 'flag',
      bit: VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY,
      help: 'set post-copy migration bandwidth',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    await domain.migrateSetMaxSpeed(args.wrapped('bandwidth') ?? 0n, args.bits());
  },
});
