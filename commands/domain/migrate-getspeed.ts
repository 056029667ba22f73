import { VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'migrate-getspeed',
  group: 'domain',
  summary: 'Get the maximum migration bandwidth',
  description: 'Get the maximum migration bandwidth (in MiB/s) for a domain.',
  options: [
    domainOption('domain-active'),
    {
      name: 'postcopy',
      type: 'flag',
      bit: VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY,
      help: 'get post-copy migration bandwidth',
    },
  ],
  json: { object: { mibPerSecond: 'integer' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const mibPerSecond = await domain.migrateGetMaxSpeed(args.bits());
    context.emit({ mibPerSecond });
    context.output.print(`${mibPerSecond}\n`);
  },
});
