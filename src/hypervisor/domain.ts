import type { DomainAgent } from './agent.js';
import type { DomainArchives } from './domain-archives.js';
import type { DomainCare } from './domain-care.js';
import type { DomainDevices } from './domain-devices.js';
import type { DomainLifecycle } from './domain-lifecycle.js';
import type { DomainMemorySave } from './domain-memory-save.js';
import type { DomainResources } from './domain-resources.js';
import type { DomainJobs } from './jobs.js';
import type { DomainMonitor } from './monitor.js';
import type { DomainSnapshots } from './snapshots.js';

/**
 * A virtual machine. Methods are libvirt's functions without their prefix: virDomainGetState is getState. What a
 * driver lacks throws UnsupportedError.
 */
export interface Domain
  extends DomainLifecycle,
    DomainResources,
    DomainDevices,
    DomainMemorySave,
    DomainJobs,
    DomainSnapshots,
    DomainMonitor,
    DomainAgent,
    DomainArchives,
    DomainCare {
  readonly name: string;
  /** Canonical form with dashes, lower case. */
  readonly uuid: string;
  free(): Promise<void>;
}
