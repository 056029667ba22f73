import { VIR_ERR_OPERATION_DENIED, VIR_FROM_QEMU } from '../../hypervisor/constants.js';
import type { Domain } from '../../hypervisor/domain.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { agent } from './agent.js';
import { archives } from './archives.js';
import { backups } from './backups.js';
import type { BareDomain } from './bare-domain.js';
import { blockJobs } from './block-jobs.js';
import { care } from './care.js';
import { checkFree } from './check-free.js';
import { checkpoints } from './checkpoints.js';
import { cpus } from './cpus.js';
import { devices } from './devices.js';
import { diskTuning } from './disk-tuning.js';
import { guestFacts } from './guest-facts.js';
import { hotPlug } from './hot-plug.js';
import { input } from './input.js';
import { interfaceStats } from './interface-stats.js';
import { interfaces } from './interfaces.js';
import { ioThreads } from './io-threads.js';
import { jobStats } from './job-stats.js';
import { lifecycle } from './lifecycle.js';
import { lifecycleActions } from './lifecycle-actions.js';
import { memory } from './memory.js';
import { memorySave } from './memory-save.js';
import { migrationSettings } from './migration-settings.js';
import { monitor } from './monitor.js';
import { pinning } from './pinning.js';
import { snapshots } from './snapshots.js';
import { functionName, withUnsupported } from './unsupported.js';

const failure = (code: number, message: string): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_QEMU });

/** Calls that change nothing: a read-only connection may make them, and so may anybody on a guest in other hands. */
const reading =
  /^(get|is|has|list|checkpointLookup|backupGet|snapshotLookup|snapshotCurrent|snapshotNum|snapshotList|blockStats|num|free$)/;

/** What libvirt lets nobody ask of a guest's agent on a read-only connection, since the answer is the guest's. */
const asksGuest: ReadonlySet<string> = new Set(['getTime', 'getFSInfo', 'getHostname']);

/** The model's domain over a bare QEMU. @param readonly refuse what changes something, as libvirt does */
export function domainOver(bare: BareDomain, readonly: boolean): Domain {
  const parts = {
    name: bare.identity.name,
    uuid: bare.identity.uuid,
    free: async () => undefined,
    ...lifecycle(bare),
    ...lifecycleActions(bare),
    ...jobStats(bare),
    ...blockJobs(bare, readonly),
    ...devices(bare),
    ...diskTuning(bare),
    ...cpus(bare),
    ...ioThreads(bare),
    ...pinning(bare),
    ...memory(bare),
    ...interfaces(bare),
    ...interfaceStats(bare),
    ...hotPlug(bare),
    ...input(bare),
    ...migrationSettings(bare),
    ...monitor(bare),
    ...memorySave(bare),
    ...agent(bare),
    ...guestFacts(bare),
    ...snapshots(bare, readonly),
    ...checkpoints(bare, readonly),
    ...backups(bare),
    ...archives(bare),
    ...care(bare),
  };
  const domain = withUnsupported<Domain>(parts, 'Domain');
  return new Proxy(domain, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== 'function' || typeof property === 'symbol') return value;
      if (reading.test(property) && !(readonly && asksGuest.has(property))) return value;
      return async (...args: unknown[]) => {
        if (readonly) {
          const name = functionName('Domain', property);
          throw failure(VIR_ERR_OPERATION_DENIED, `operation forbidden: read only access prevents ${name}`);
        }
        await checkFree(bare);
        return (value as (...all: unknown[]) => unknown)(...args);
      };
    },
  });
}
