import {
  VIR_DOMAIN_GET_HOSTNAME_AGENT,
  VIR_DOMAIN_GET_HOSTNAME_LEASE,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

const sources = { lease: VIR_DOMAIN_GET_HOSTNAME_LEASE, agent: VIR_DOMAIN_GET_HOSTNAME_AGENT };

export default defineCommand({
  name: 'domhostname',
  group: 'domain',
  summary: "print the domain's hostname",
  description: '',
  manual: [
    'The name that the guest gave itself: as its agent tells it, or as the DHCP server of a virtual network noted it when it handed out the lease. Without --source the hypervisor chooses where to look.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'source',
      type: 'string',
      values: Object.keys(sources),
      help: "address source: 'lease' or 'agent'",
    },
  ],
  json: { object: { hostname: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const source = args.optional('source');
    if (source !== undefined && !Object.hasOwn(sources, source)) {
      throw new CommandError(`Unknown data source '${source}'`);
    }
    const flags = source === undefined ? 0 : sources[source as keyof typeof sources];
    const hostname = await orFail('failed to get hostname', domain.getHostname(flags));
    context.emit({ hostname });
    context.output.print(`${hostname}\n`);
  },
});
