import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'get-user-sshkeys',
  group: 'domain',
  summary: 'list authorized SSH keys for given user (via agent)',
  description: 'Use the guest agent to query authorized SSH keys for given user',
  options: [
    domainOption('domain-active'),
    { name: 'user', type: 'string', required: true, help: 'user to list authorized keys for' },
  ],
  json: { list: 'string' },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const keys = await domain.authorizedSSHKeysGet(args.text('user'));
    context.emit(keys);
    for (const key of keys) context.output.print(key);
  },
});
