import {
  VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY,
  VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART,
  VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY,
  VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE,
  VIR_DOMAIN_LIFECYCLE_ACTION_RESTART,
  VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME,
  VIR_DOMAIN_LIFECYCLE_CRASH,
  VIR_DOMAIN_LIFECYCLE_POWEROFF,
  VIR_DOMAIN_LIFECYCLE_REBOOT,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';

const types = {
  poweroff: VIR_DOMAIN_LIFECYCLE_POWEROFF,
  reboot: VIR_DOMAIN_LIFECYCLE_REBOOT,
  crash: VIR_DOMAIN_LIFECYCLE_CRASH,
};

const actions = {
  destroy: VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY,
  restart: VIR_DOMAIN_LIFECYCLE_ACTION_RESTART,
  'rename-restart': VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME,
  preserve: VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE,
  'coredump-destroy': VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY,
  'coredump-restart': VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART,
};

export default defineCommand({
  name: 'set-lifecycle-action',
  group: 'domain',
  summary: 'change lifecycle actions',
  description: 'Change lifecycle actions for the guest domain.',
  manual: [
    'Says what happens when the guest powers off, reboots or crashes: poweroff, reboot and crash are the types. The coredump actions are for crash only.',
  ],
  options: [
    domainOption(),
    {
      name: 'type',
      type: 'string',
      required: true,
      values: Object.keys(types),
      help: 'lifecycle type to modify',
    },
    {
      name: 'action',
      type: 'string',
      required: true,
      values: Object.keys(actions),
      help: 'lifecycle action to set',
    },
    ...affectOptions,
  ],
  rules: affectRules,
  async run(context, args) {
    const type = args.text('type');
    const action = args.text('action');
    if (!Object.hasOwn(types, type)) throw new CommandError(`Invalid lifecycle type '${type}'.`);
    if (!Object.hasOwn(actions, action)) throw new CommandError(`Invalid lifecycle action '${action}'.`);
    const domain = await domainOf(context, args);
    await orFail(
      'Unable to change lifecycle action.',
      domain.setLifecycleAction(
        types[type as keyof typeof types],
        actions[action as keyof typeof actions],
        args.bits('live', 'config'),
      ),
    );
  },
});
