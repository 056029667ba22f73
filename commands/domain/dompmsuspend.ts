import {
  VIR_NODE_SUSPEND_TARGET_DISK,
  VIR_NODE_SUSPEND_TARGET_HYBRID,
  VIR_NODE_SUSPEND_TARGET_MEM,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

const targets = new Map([
  ['mem', VIR_NODE_SUSPEND_TARGET_MEM],
  ['disk', VIR_NODE_SUSPEND_TARGET_DISK],
  ['hybrid', VIR_NODE_SUSPEND_TARGET_HYBRID],
]);

export default defineCommand({
  name: 'dompmsuspend',
  group: 'domain',
  summary: 'suspend a domain gracefully using power management functions',
  description:
    "Suspends a running domain using guest OS's power management. (Note: This requires a guest agent configured and running in the guest OS).",
  manual: [
    'Asks the agent in the guest to put the guest to sleep: mem keeps it in memory (`dompmwakeup` wakes it), disk writes memory to its disk and shuts off, hybrid does both.',
  ],
  options: [
    domainOption('domain-running'),
    {
      name: 'target',
      type: 'string',
      required: true,
      values: [...targets.keys()],
      help: 'mem(Suspend-to-RAM), disk(Suspend-to-Disk), hybrid(Hybrid-Suspend)',
    },
    { name: 'duration', type: 'int', positional: false, help: 'duration in seconds' },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const duration = args.ulonglong('duration') ?? 0n;
    const target = targets.get(args.text('target'));
    if (target === undefined) throw new CommandError('Invalid target');
    await orFail(
      `Domain '${domain.name}' could not be suspended`,
      domain.pmSuspendForDuration(target, duration),
    );
    context.output.extra(`Domain '${domain.name}' successfully suspended`);
  },
});
