import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'dompmwakeup',
  group: 'domain',
  summary: 'wakeup a domain from pmsuspended state',
  description: 'Wakeup a domain that was previously suspended by power management.',
  options: [domainOption('domain-asleep')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    await orFail(`Domain '${domain.name}' could not be woken up`, domain.pmWakeup());
    context.output.extra(`Domain '${domain.name}' successfully woken up`);
  },
});
