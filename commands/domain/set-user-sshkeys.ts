import {
  VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND,
  VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE,
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  readTextFile,
  requires,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'set-user-sshkeys',
  group: 'domain',
  summary: 'manipulate authorized SSH keys file for given user (via agent)',
  description: 'Append, reset or remove specified key from the authorized keys file for given user',
  manual: [
    'Has the agent in the guest add the public keys of a file (a line each) to those with which a user may log in; --reset replaces them, --remove takes the ones in the file away.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'user', type: 'string', required: true, help: 'user to set authorized keys for' },
    { name: 'file', type: 'string', completer: 'path', help: 'optional file to read keys from' },
    { name: 'reset', type: 'flag', help: 'clear out authorized keys file before adding new keys' },
    { name: 'remove', type: 'flag', help: 'remove keys from the authorized keys file' },
  ],
  rules: [requires('remove', 'file'), exclusive('reset', 'remove')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const user = args.text('user');
    const file = args.optional('file');
    let flags = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
    if (args.flag('reset')) flags = 0;
    if (args.flag('remove')) flags = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;
    let keys: string[] = [];
    if (file !== undefined) {
      keys = (await readTextFile(file)).split('\n').filter((line) => line !== '');
      if (keys.length === 0) throw new CommandError(`File ${file} contains no keys`);
    } else if (flags === VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND) {
      throw new CommandError('Option --file is required');
    }
    await domain.authorizedSSHKeysSet(user, keys, flags);
  },
});
