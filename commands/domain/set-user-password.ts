import { VIR_DOMAIN_PASSWORD_ENCRYPTED } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'set-user-password',
  group: 'domain',
  summary: 'set the user password inside the domain',
  description: 'changes the password of the specified user inside the domain',
  manual: [
    'Has the agent in the guest set the password of a user. It stands on the command line, where other users of this machine can see it meanwhile.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'user', type: 'string', required: true, help: 'the username' },
    { name: 'password', type: 'string', required: true, help: 'the new password' },
    {
      name: 'encrypted',
      type: 'flag',
      bit: VIR_DOMAIN_PASSWORD_ENCRYPTED,
      help: 'the password is already encrypted',
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const user = args.text('user');
    await domain.setUserPassword(user, args.text('password'), args.bits());
    context.output.extra(`Password set successfully for ${user} in ${domain.name}`);
  },
});
