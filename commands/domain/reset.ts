import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'reset',
  group: 'domain',
  summary: 'reset a domain',
  description: 'Reset the target domain as if by power button',
  options: [domainOption('domain-active')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    await orFail(`Failed to reset domain '${name}'`, domain.reset());
    context.output.extra(`Domain '${name}' was reset\n`);
  },
});
