import { VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE } from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  typedValueText,
} from '../../src/shell/index.js';
import { schedulerChanges } from './scheduler-changes.js';
import { parametersShape } from './tunable-parameters.js';

export default defineCommand({
  name: 'schedinfo',
  group: 'domain',
  summary: 'show/set scheduler parameters',
  description: 'Show/Set scheduler parameters.',
  manual: [
    'Shows how the host shares out CPU time to a guest, or changes it: `schedinfo guest --set cpu_shares=2048`. It needs cgroups.',
  ],
  options: [
    domainOption(),
    { name: 'weight', type: 'int', positional: false, help: 'weight for XEN_CREDIT' },
    { name: 'cap', type: 'int', positional: false, help: 'cap for XEN_CREDIT' },
    { name: 'current', type: 'flag', help: 'get/set current scheduler info' },
    {
      name: 'config',
      type: 'flag',
      bit: VIR_DOMAIN_AFFECT_CONFIG,
      help: 'get/set value to be used on next boot',
    },
    { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'get/set value from running domain' },
    { name: 'set', type: 'argv', emptyOk: true, help: 'parameter=value' },
  ],
  rules: [{ exclusive: ['current', 'live'] }, { exclusive: ['current', 'config'] }],
  json: { object: { scheduler: 'string', parameters: parametersShape } },
  async run(context, args) {
    const { output } = context;
    const domain = await domainOf(context, args);
    const line = (name: string, value: string): void => output.print(`${name.padEnd(15)}: ${value}\n`);
    let scheduler: string;
    try {
      scheduler = await domain.getSchedulerType();
    } catch (error) {
      line('Scheduler', 'Unknown');
      throw error;
    }
    line('Scheduler', scheduler);
    const flags = args.bits();
    const both = args.flag('live') && args.flag('config');
    const byFlags = flags !== 0 || args.flag('current');
    const read = () =>
      byFlags ? domain.getSchedulerParametersFlags(both ? 0 : flags) : domain.getSchedulerParameters();
    let parameters = await read();
    const changes = schedulerChanges(
      parameters,
      args.list('set'),
      args.optional('cap'),
      args.optional('weight'),
    );
    if (changes.length > 0) {
      if (byFlags) await domain.setSchedulerParametersFlags(changes, flags);
      else await domain.setSchedulerParameters(changes);
      parameters = await read();
    } else if (both) {
      throw new CommandError('cannot query both live and config at once');
    }
    for (const parameter of parameters) line(parameter.field, typedValueText(parameter));
    context.emit({
      scheduler,
      parameters: Object.fromEntries(parameters.map(({ field, value }) => [field, value])),
    });
  },
});
