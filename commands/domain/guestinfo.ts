import {
  VIR_DOMAIN_GUEST_INFO_DISKS,
  VIR_DOMAIN_GUEST_INFO_FILESYSTEM,
  VIR_DOMAIN_GUEST_INFO_HOSTNAME,
  VIR_DOMAIN_GUEST_INFO_INTERFACES,
  VIR_DOMAIN_GUEST_INFO_OS,
  VIR_DOMAIN_GUEST_INFO_TIMEZONE,
  VIR_DOMAIN_GUEST_INFO_USERS,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, typedValueText } from '../../src/shell/index.js';
import { parametersShape } from './tunable-parameters.js';

export default defineCommand({
  name: 'guestinfo',
  group: 'domain',
  summary: 'query information about the guest (via agent)',
  description: "Use the guest agent to query various information from guest's point of view",
  manual: [
    'Asks the agent in the guest who is logged in, what system it is, its time zone, host name, file systems, disks and network interfaces; all that it knows, or what the options name.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'user', type: 'flag', bit: VIR_DOMAIN_GUEST_INFO_USERS, help: 'report active users' },
    { name: 'os', type: 'flag', bit: VIR_DOMAIN_GUEST_INFO_OS, help: 'report operating system information' },
    {
      name: 'timezone',
      type: 'flag',
      bit: VIR_DOMAIN_GUEST_INFO_TIMEZONE,
      help: 'report timezone information',
    },
    { name: 'hostname', type: 'flag', bit: VIR_DOMAIN_GUEST_INFO_HOSTNAME, help: 'report hostname' },
    {
      name: 'filesystem',
      type: 'flag',
      bit: VIR_DOMAIN_GUEST_INFO_FILESYSTEM,
      help: 'report filesystem information',
    },
    { name: 'disk', type: 'flag', bit: VIR_DOMAIN_GUEST_INFO_DISKS, help: 'report disk information' },
    {
      name: 'interface',
      type: 'flag',
      bit: VIR_DOMAIN_GUEST_INFO_INTERFACES,
      help: 'report interface information',
    },
  ],
  json: parametersShape,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const parameters = await domain.getGuestInfo(args.bits());
    context.emit(Object.fromEntries(parameters.map(({ field, value }) => [field, value])));
    for (const parameter of parameters) {
      context.output.print(`${parameter.field.padEnd(20)}: ${typedValueText(parameter)}\n`);
    }
  },
});
