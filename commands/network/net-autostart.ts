import { defineCommand, orFail } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-autostart',
  group: 'network',
  summary: 'autostart a network',
  description: 'Configure a network to be automatically started at boot.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    { name: 'disable', type: 'flag', help: 'disable autostarting' },
  ],
  async run(context, args) {
    const found = await networkOf(context, args);
    const name = args.text('network');
    const verb = args.flag('disable') ? 'unmark' : 'mark';
    await orFail(
      `failed to ${verb} network ${name} as autostarted`,
      found.setAutostart(!args.flag('disable')),
    );
    context.output.extra(`Network ${name} ${verb}ed as autostarted\n`);
  },
});
