import {
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET,
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER,
  VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_SET_ADDRESS,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  orFail,
  readTextFile,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'domsetlaunchsecstate',
  group: 'domain',
  summary: 'Set domain launch security state',
  description: "Set a secret in the guest domain's memory",
  manual: [
    'Puts a secret into the encrypted memory of a guest before it starts to run: the header and the secret (both as base64) come from files, and are made for this guest by whoever owns it.',
  ],
  options: [
    domainOption(),
    {
      name: 'secrethdr',
      type: 'string',
      positional: false,
      completer: 'path',
      help: 'path to file containing the secret header',
    },
    {
      name: 'secret',
      type: 'string',
      positional: false,
      completer: 'path',
      help: 'path to file containing the secret',
    },
    {
      name: 'set-address',
      type: 'int',
      help: "physical address within the guest domain's memory to set the secret",
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const header = args.optional('secrethdr');
    const secret = args.optional('secret');
    if (header === undefined || secret === undefined) {
      throw new CommandError('Both secret and the secret header are required');
    }
    const parameters: TypedParameter[] = [
      {
        field: VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_HEADER,
        type: 'string',
        value: await readTextFile(header),
      },
      { field: VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET, type: 'string', value: await readTextFile(secret) },
    ];
    const address = args.ulonglong('set-address');
    if (address !== undefined) {
      parameters.push({
        field: VIR_DOMAIN_LAUNCH_SECURITY_SEV_SECRET_SET_ADDRESS,
        type: 'ullong',
        value: address,
      });
    }
    await orFail('Unable to set launch security state', domain.setLaunchSecurityState(parameters));
  },
});
