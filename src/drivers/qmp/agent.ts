import { GuestAgent } from '../../agent/guest-agent.js';
import type { DomainAgent } from '../../hypervisor/agent.js';
import {
  VIR_ERR_ARGUMENT_UNSUPPORTED,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainLifecycle } from '../../hypervisor/domain-lifecycle.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

type Agent = Pick<
  DomainAgent,
  'fsFreeze' | 'fsThaw' | 'fsTrim' | 'getFSInfo' | 'getTime' | 'setTime' | 'qemuAgentCommand'
> &
  Pick<DomainLifecycle, 'getHostname'>;

/** Connects to the agent of a guest for one piece of work. @throws HypervisorError in libvirt's words. */
export function askAgent<T>(domain: BareDomain, work: (agent: GuestAgent) => Promise<T>): Promise<T> {
  return inModel(async () => {
    const { agentSocket, qmp } = await domain.guest();
    if (agentSocket === undefined) {
      throw new HypervisorError('argument unsupported: QEMU guest agent is not configured', {
        code: VIR_ERR_ARGUMENT_UNSUPPORTED,
        domain: VIR_FROM_QEMU,
      });
    }
    // It would not answer before the guest runs again, and would do then what was asked long ago.
    if (!(await qmp.execute('query-status')).running) {
      throw new HypervisorError('Requested operation is not valid: domain is not running', {
        code: VIR_ERR_OPERATION_INVALID,
        domain: VIR_FROM_QEMU,
      });
    }
    const connected = await GuestAgent.connect(agentSocket);
    try {
      return await work(connected);
    } finally {
      connected.close();
    }
  });
}

/** What the agent in the guest does, over its own socket. */
export function agent(domain: BareDomain): Agent {
  const withAgent = <T>(work: (agent: GuestAgent) => Promise<T>): Promise<T> => askAgent(domain, work);
  return {
    fsFreeze: (mountpoints) =>
      withAgent((guest) => guest.freeze(mountpoints && mountpoints.length > 0 ? mountpoints : undefined)),
    fsThaw: () => withAgent((guest) => guest.thaw()),
    async fsTrim(mountpoint, minimum) {
      if (mountpoint !== null) {
        throw new HypervisorError('argument unsupported: Specifying mount point is not supported for now', {
          code: VIR_ERR_ARGUMENT_UNSUPPORTED,
          domain: VIR_FROM_QEMU,
        });
      }
      await withAgent((guest) => guest.trim(Number(minimum)));
    },
    getFSInfo: () =>
      withAgent(async (guest) =>
        (await guest.fileSystems()).map(({ mountpoint, name, type, disks }) => ({
          mountpoint,
          name,
          fstype: type,
          devAlias: disks.map(({ dev }) => dev?.replace(/^\/dev\//, '') ?? ''),
        })),
      ),
    getTime: () =>
      withAgent(async (guest) => {
        const time = await guest.time();
        return { seconds: time / 1_000_000_000n, nseconds: Number(time % 1_000_000_000n) };
      }),
    setTime: (seconds, nseconds) =>
      withAgent((guest) => guest.setTime(seconds * 1_000_000_000n + BigInt(nseconds))),
    getHostname: () => withAgent((guest) => guest.hostName()),
    qemuAgentCommand: (command, timeout) =>
      withAgent(async (guest) => {
        const { execute, arguments: args } = parse(command);
        // Seconds; negative values are libvirt's for "as usual" and "for ever".
        const options = timeout > 0 ? { timeout: timeout * 1000 } : {};
        return JSON.stringify({ return: await guest.execute(execute, args, options) });
      }),
  };
}

function parse(command: string): { execute: string; arguments?: Record<string, unknown> } {
  try {
    const parsed = JSON.parse(command) as { execute?: unknown; arguments?: Record<string, unknown> };
    if (typeof parsed.execute === 'string') return parsed as { execute: string };
  } catch {
    // Told below.
  }
  throw new HypervisorError(`internal error: cannot parse json ${command}`, {
    code: VIR_ERR_INTERNAL_ERROR,
    domain: VIR_FROM_QEMU,
  });
}
