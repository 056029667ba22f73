import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'autostart',
  group: 'domain',
  summary: 'autostart a domain',
  description: 'Configure a domain to be automatically started at boot.',
  options: [
    domainOption('domain-persistent'),
    { name: 'disable', type: 'flag', help: 'disable autostarting' },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const autostart = !args.flag('disable');
    const verb = autostart ? 'mark' : 'unmark';
    await orFail(`Failed to ${verb} domain '${name}' as autostarted`, domain.setAutostart(autostart));
    context.output.extra(`Domain '${name}' ${verb}ed as autostarted\n`);
  },
});
