import type { CompleterName } from '../shell/index.js';
import type { Completer } from './completer.js';
import {
  consoleDevice,
  deviceAlias,
  diskTarget,
  interfaceMAC,
  mountpoint,
  networkInterface,
  vcpu,
} from './devices.js';
import {
  activeDomain,
  anyDomain,
  asleepDomain,
  domainUUID,
  domainWithCheckpoint,
  domainWithManagedSave,
  domainWithSnapshot,
  inactiveDomain,
  pausedDomain,
  persistentDomain,
  runningDomain,
} from './domains.js';
import { anyHostCPU, hostCPU, numaCell, pageSize } from './host.js';
import { monitorCommand } from './monitor-commands.js';
import { objectCompleters } from './objects.js';
import { folder, path } from './paths.js';
import { checkpoint, snapshot } from './snapshots.js';
import { diskspec, memspec } from './specs.js';

/** The completer behind each name; names of commands are the engine's own business. */
export const completers: Readonly<Record<Exclude<CompleterName, 'command'>, Completer>> = {
  domain: anyDomain,
  'domain-active': activeDomain,
  'domain-inactive': inactiveDomain,
  'domain-running': runningDomain,
  'domain-paused': pausedDomain,
  'domain-persistent': persistentDomain,
  'domain-asleep': asleepDomain,
  'domain-with-snapshot': domainWithSnapshot,
  'domain-with-managed-save': domainWithManagedSave,
  'domain-uuid': domainUUID,
  'domain-with-checkpoint': domainWithCheckpoint,
  snapshot,
  checkpoint,
  'disk-target': diskTarget,
  'device-alias': deviceAlias,
  'console-device': consoleDevice,
  ...objectCompleters,
  interface: networkInterface,
  'interface-mac': interfaceMAC,
  vcpu,
  mountpoint,
  'numa-cell': numaCell,
  'page-size': pageSize,
  'host-cpu': hostCPU,
  'host-cpu-any': anyHostCPU,
  path,
  folder,
  diskspec,
  memspec,
  'monitor-command': monitorCommand,
};
