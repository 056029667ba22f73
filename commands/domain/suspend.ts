import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'suspend',
  group: 'domain',
  summary: 'suspend a domain',
  description: 'Suspend a running domain.',
  options: [domainOption('domain-running')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    await orFail(`Failed to suspend domain '${name}'`, domain.suspend());
    context.output.extra(`Domain '${name}' suspended\n`);
  },
});
