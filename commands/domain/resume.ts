import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'resume',
  group: 'domain',
  summary: 'resume a domain',
  description: 'Resume a previously suspended domain.',
  options: [domainOption('domain-paused')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    await orFail(`Failed to resume domain '${name}'`, domain.resume());
    context.output.extra(`Domain '${name}' resumed\n`);
  },
});
