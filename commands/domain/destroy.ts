import {
  VIR_DOMAIN_DESTROY_GRACEFUL,
  VIR_DOMAIN_DESTROY_REMOVE_LOGS,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'destroy',
  group: 'domain',
  summary: 'destroy (stop) a domain',
  description: 'Forcefully stop a given domain, but leave its resources intact.',
  manual: [
    'The guest is stopped at once, like a machine whose power cord is pulled: what it had not yet written to its disks is lost. Use shutdown to let the guest end by itself.',
    'With --graceful the hypervisor process is asked to end, and is left alone if it does not; then the command fails.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'graceful', type: 'flag', bit: VIR_DOMAIN_DESTROY_GRACEFUL, help: 'terminate gracefully' },
    { name: 'remove-logs', type: 'flag', bit: VIR_DOMAIN_DESTROY_REMOVE_LOGS, help: 'remove domain logs' },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const flags = args.bits();
    // Drivers that know no flags have the older function only.
    const destroyed = flags === 0 ? domain.destroy() : domain.destroyFlags(flags);
    await orFail(`Failed to destroy domain '${name}'`, destroyed);
    context.output.extra(`Domain '${name}' destroyed\n`);
  },
});
