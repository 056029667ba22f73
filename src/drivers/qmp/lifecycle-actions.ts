import { AgentTimeout, AgentUnreachable } from '../../agent/errors.js';
import { refusal } from '../../block/refusals.js';
import {
  VIR_DOMAIN_CONTROL_OCCUPIED,
  VIR_DOMAIN_CONTROL_OK,
  VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY,
  VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE,
  VIR_DOMAIN_LIFECYCLE_ACTION_RESTART,
  VIR_DOMAIN_LIFECYCLE_CRASH,
  VIR_DOMAIN_LIFECYCLE_POWEROFF,
  VIR_DOMAIN_LIFECYCLE_REBOOT,
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_FROM_QEMU,
  VIR_NODE_SUSPEND_TARGET_DISK,
  VIR_NODE_SUSPEND_TARGET_HYBRID,
  VIR_NODE_SUSPEND_TARGET_MEM,
} from '../../hypervisor/constants.js';
import type { DomainLifecycle } from '../../hypervisor/domain-lifecycle.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { askAgent } from './agent.js';
import type { BareDomain } from './bare-domain.js';
import { refuseConfig } from './cpus.js';
import { inModel } from './errors.js';

type LifecycleActions = Pick<
  DomainLifecycle,
  'setLifecycleAction' | 'getControlInfo' | 'pmSuspendForDuration'
>;

/** What QEMU calls what is to happen. What isn't here it cannot do: nobody starts it again. */
const actions: Readonly<Record<number, Readonly<Record<number, Readonly<Record<string, string>>>>>> = {
  [VIR_DOMAIN_LIFECYCLE_POWEROFF]: {
    [VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY]: { shutdown: 'poweroff' },
  },
  [VIR_DOMAIN_LIFECYCLE_REBOOT]: {
    [VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY]: { reboot: 'shutdown' },
    [VIR_DOMAIN_LIFECYCLE_ACTION_RESTART]: { reboot: 'reset' },
  },
  [VIR_DOMAIN_LIFECYCLE_CRASH]: {
    [VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY]: { panic: 'shutdown' },
    [VIR_DOMAIN_LIFECYCLE_ACTION_PRESERVE]: { panic: 'pause' },
  },
};

const types = ['poweroff', 'reboot', 'crash'];
const words = ['destroy', 'restart', 'rename-restart', 'preserve', 'coredump-destroy', 'coredump-restart'];

const sleeps: Readonly<Record<number, string>> = {
  [VIR_NODE_SUSPEND_TARGET_MEM]: 'guest-suspend-ram',
  [VIR_NODE_SUSPEND_TARGET_DISK]: 'guest-suspend-disk',
  [VIR_NODE_SUSPEND_TARGET_HYBRID]: 'guest-suspend-hybrid',
};

/** An agent that puts its guest to sleep answers only when that is awake again; one that can't, does so at once. */
const ASLEEP_MS = 5_000;

/** What becomes of a guest at the ends of its life, its sleep, and whether its monitor is free. */
export function lifecycleActions(domain: BareDomain): LifecycleActions {
  return {
    setLifecycleAction: (type, action, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const wanted = actions[type]?.[action];
        if (!wanted) throw notPossible(types[type] ?? '', words[action] ?? '');
        await (await domain.guest()).qmp.execute('set-action', wanted);
      }),
    getControlInfo: async () => {
      const record = await domain.held();
      return record
        ? {
            state: VIR_DOMAIN_CONTROL_OCCUPIED,
            details: 0,
            stateTime: BigInt(Math.max(0, Date.now() - Date.parse(record.startedAt))),
          }
        : { state: VIR_DOMAIN_CONTROL_OK, details: 0, stateTime: 0n };
    },
    async pmSuspendForDuration(target, seconds) {
      if (seconds !== 0n) {
        throw new HypervisorError('argument unsupported: Duration not supported. Use 0 for now', {
          code: VIR_ERR_ARGUMENT_UNSUPPORTED,
          domain: VIR_FROM_QEMU,
        });
      }
      const { qmp } = await inModel(() => domain.guest());
      const { 'wakeup-suspend-support': wakes } = await inModel(() => qmp.execute('query-current-machine'));
      // It would never wake up again.
      if (!wakes && target !== VIR_NODE_SUSPEND_TARGET_DISK)
        throw refusal('unsupported', 'Domain does not have suspend support');
      const asleep = qmp.listen({ events: ['SUSPEND', 'SUSPEND_DISK'] });
      try {
        await askAgent(domain, async (agent) => {
          const asked = agent.execute(sleeps[target] ?? '', undefined, { timeout: ASLEEP_MS });
          await Promise.race([asked.catch(unanswered), asleep.next({ timeout: ASLEEP_MS })]);
        });
      } finally {
        asleep.close();
      }
    },
  };
}

/** It was there when we connected, and has been told. */
function unanswered(error: unknown): void {
  if (!(error instanceof AgentTimeout) && !(error instanceof AgentUnreachable)) throw error;
}

function notPossible(type: string, action: string): HypervisorError {
  if (action.startsWith('coredump') && type !== 'crash')
    return refusal('configuration', `Lifecycle event '${type}' doesn't support '${action}' action`);
  if (type !== 'crash' && (action === 'preserve' || action === 'rename-restart')) {
    return refusal(
      'configuration',
      `qemu driver doesn't support the '${action}' action for 'on_reboot'/'on_poweroff'`,
    );
  }
  return refusal('unsupported', `nobody would do that for a bare QEMU: '${action}' at '${type}'`);
}
