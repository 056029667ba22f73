import {
  VIR_NODE_SUSPEND_TARGET_DISK,
  VIR_NODE_SUSPEND_TARGET_HYBRID,
  VIR_NODE_SUSPEND_TARGET_MEM,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, orFail } from '../../src/shell/index.js';

const targets = new Map<string, number>([
  ['mem', VIR_NODE_SUSPEND_TARGET_MEM],
  ['disk', VIR_NODE_SUSPEND_TARGET_DISK],
  ['hybrid', VIR_NODE_SUSPEND_TARGET_HYBRID],
]);

export default defineCommand({
  name: 'nodesuspend',
  group: 'host',
  summary: 'suspend the host node for a given time duration',
  description: 'Suspend the host node for a given time duration and attempt to resume thereafter.',
  manual: [
    'The whole host goes to sleep, with every guest on it, after its real-time clock has been set to wake it. The ' +
      'capabilities tell which kinds of sleep it can do (power_management).',
  ],
  options: [
    {
      name: 'target',
      type: 'string',
      required: true,
      values: ['mem', 'disk', 'hybrid'],
      help: 'mem(Suspend-to-RAM), disk(Suspend-to-Disk), hybrid(Hybrid-Suspend)',
    },
    { name: 'duration', type: 'int', required: true, help: 'Suspend duration in seconds, at least 60' },
  ],
  async run(context, args) {
    const name = args.text('target');
    const duration = args.longlong('duration') ?? 0n;
    const target = targets.get(name);
    if (target === undefined) throw new CommandError('Invalid target');
    if (duration < 0n) throw new CommandError('Invalid duration');
    await orFail('The host was not suspended', context.connection.nodeSuspendForDuration(target, duration));
  },
});
