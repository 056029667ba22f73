import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  requires,
  typedValueText,
} from '../../src/shell/index.js';
import { parametersShape } from './tunable-parameters.js';

export default defineCommand({
  name: 'guestvcpus',
  group: 'domain',
  summary: 'query or modify state of vcpu in the guest (via agent)',
  description: "Use the guest agent to query or set cpu state from guest's point of view",
  manual: [
    'Asks the agent in the guest which virtual CPUs the guest uses, or to switch some on or off there. The virtual hardware stays as it is.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'cpulist', type: 'string', help: 'list of cpus to enable or disable' },
    { name: 'enable', type: 'flag', help: 'enable cpus specified by cpulist' },
    { name: 'disable', type: 'flag', help: 'disable cpus specified by cpulist' },
  ],
  rules: [exclusive('enable', 'disable'), requires('enable', 'cpulist'), requires('disable', 'cpulist')],
  json: { oneOf: [parametersShape, { object: { message: 'string' } }] },
  async run(context, args) {
    const cpulist = args.optional('cpulist');
    const chosen = args.flag('enable') || args.flag('disable');
    if (cpulist !== undefined && !chosen) {
      throw new CommandError('One of options --enable or --disable is required by option --cpulist');
    }
    const domain = await domainOf(context, args);
    if (cpulist !== undefined) {
      await domain.setGuestVcpus(cpulist, args.flag('enable') ? 1 : 0);
      return;
    }
    const parameters = await domain.getGuestVcpus();
    context.emit(Object.fromEntries(parameters.map(({ field, value }) => [field, value])));
    for (const parameter of parameters) {
      context.output.print(`${parameter.field.padEnd(15)}: ${typedValueText(parameter)}\n`);
    }
  },
});
