import {
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_USER,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_BOOTED,
  VIR_DOMAIN_RUNNING_UNPAUSED,
  VIR_DOMAIN_RUNNING_WAKEUP,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainLifecycle } from '../../hypervisor/domain-lifecycle.js';
import type { DomainResources } from '../../hypervisor/domain-resources.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { ConnectError } from '../../qmp/index.js';
import { type GuestSize, guestSize } from '../../snapshot/guest-size.js';
import { cpuUse } from '../../snapshot/qemu-process.js';
import type { BareDomain } from './bare-domain.js';
import { describeDomain } from './domain-xml.js';
import { endQemu } from './end-qemu.js';
import { inModel } from './errors.js';
import { currentMemory } from './memory.js';
import { reboot, shutDown } from './power.js';
import { domainState, stateFromJournal } from './qemu-state.js';
import { rememberReason, withRememberedReason } from './run-reason.js';

/** What is taken for the reason of a state where QEMU does not tell: we may know better. */
const usualReason: Readonly<Record<number, number>> = {
  [VIR_DOMAIN_RUNNING]: VIR_DOMAIN_RUNNING_BOOTED,
  [VIR_DOMAIN_PAUSED]: VIR_DOMAIN_PAUSED_USER,
};

type Lifecycle = Partial<DomainLifecycle & Pick<DomainResources, 'getMaxMemory'>>;

/** What a domain is and turning it around, over a monitor. */
export function lifecycle(domain: BareDomain): Lifecycle {
  const run = (command: 'stop' | 'cont' | 'system_reset' | 'inject-nmi' | 'system_wakeup') => async () =>
    inModel(async () => {
      await (await domain.guest()).qmp.execute(command);
    });
  const size = async (): Promise<GuestSize> =>
    inModel(async () => (await domain.held())?.size ?? (await guestSize((await domain.guest()).qmp)));
  const cpus = async (): Promise<number> => (await size()).cpus;
  const memory = async (): Promise<bigint> => BigInt(Math.floor((await size()).memory / 1024));

  const self: Lifecycle = {
    getID: async () => domain.identity.id,
    async getState() {
      // While an operation of ours has the monitor, its journal tells.
      const held = await domain.held();
      if (held) return stateFromJournal(held);
      const operation = await domain.operation();
      try {
        return await inModel(async () => {
          const { status } = await (await domain.guest()).qmp.execute('query-status');
          const state = domainState(status, operation?.record);
          const usual = state.reason === (usualReason[state.state] ?? -1);
          return usual ? withRememberedReason(domain, state) : state;
        });
      } catch (error) {
        // Its process is dead, but QEMU is still at it (snapshot-save, snapshot-load) and answers nobody meanwhile.
        const { cause } = error as { cause?: unknown };
        if (operation && cause instanceof ConnectError && cause.reason === 'busy') {
          return stateFromJournal(operation.record);
        }
        throw error;
      }
    },
    async getInfo() {
      const { state } = await (self as DomainLifecycle).getState();
      const [ram, nrVirtCpu] = [await memory(), await cpus()];
      const { id } = domain.identity;
      return {
        state,
        maxMem: ram,
        memory: (await domain.held())
          ? ram
          : await inModel(async () => currentMemory((await domain.guest()).qmp)),
        nrVirtCpu,
        cpuTime: id > 0 ? await timeOf(id).catch(() => 0n) : 0n,
      };
    },
    getOSType: async () => 'hvm',
    getXMLDesc: async () => inModel(async () => describeDomain(await domain.guest())),
    isActive: async () => true,
    // Nobody keeps the configuration of a bare QEMU.
    isPersistent: async () => false,
    isUpdated: async () => false,
    getAutostart: async () => false,
    async suspend() {
      await run('stop')();
      await rememberReason(domain, { state: VIR_DOMAIN_PAUSED, reason: VIR_DOMAIN_PAUSED_USER });
    },
    async resume() {
      const { running } = await inModel(async () => (await domain.guest()).qmp.execute('query-status'));
      if (running) {
        throw new HypervisorError('Requested operation is not valid: domain is already running', {
          code: VIR_ERR_OPERATION_INVALID,
          domain: VIR_FROM_QEMU,
        });
      }
      await run('cont')();
      await rememberReason(domain, { state: VIR_DOMAIN_RUNNING, reason: VIR_DOMAIN_RUNNING_UNPAUSED });
    },
    reset: run('system_reset'),
    reboot: (flags = 0) => reboot(domain, flags),
    shutdown: () => shutDown(domain, 0),
    shutdownFlags: (flags = 0) => shutDown(domain, flags),
    injectNMI: run('inject-nmi'),
    async pmWakeup() {
      await run('system_wakeup')();
      await rememberReason(domain, { state: VIR_DOMAIN_RUNNING, reason: VIR_DOMAIN_RUNNING_WAKEUP });
    },
    destroy: () => endQemu(domain),
    destroyFlags: () => endQemu(domain),
    getMaxMemory: memory,
  };
  return self;
}

async function timeOf(pid: number): Promise<bigint> {
  const { user, system } = await cpuUse(pid);
  return user + system;
}
