import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { signalNames, signalNumber } from './process-signals.js';

export default defineCommand({
  name: 'send-process-signal',
  group: 'domain',
  summary: 'Send signals to processes',
  description: 'Send signals to processes in the guest',
  options: [
    domainOption('domain-active'),
    { name: 'pid', type: 'string', required: true, help: 'the process ID' },
    {
      name: 'signame',
      type: 'string',
      required: true,
      values: signalNames,
      help: 'the signal number or name',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const pid = args.longlong('pid') ?? 0n;
    const name = args.text('signame');
    const signal = signalNumber(name);
    if (signal === undefined) throw new CommandError(`malformed signal name: ${name}`);
    await domain.sendProcessSignal(pid, signal);
  },
});
