import { defineCommand, orFail } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-autostart',
  group: 'pool',
  summary: 'autostart a pool',
  description: 'Configure a pool to be automatically started at boot.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'disable', type: 'flag', help: 'disable autostarting' },
  ],
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    const verb = args.flag('disable') ? 'unmark' : 'mark';
    await orFail(`failed to ${verb} pool ${name} as autostarted`, found.setAutostart(!args.flag('disable')));
    context.output.extra(`Pool ${name} ${verb}ed as autostarted\n`);
  },
});
