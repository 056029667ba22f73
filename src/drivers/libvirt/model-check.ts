/** Compile-time proof that libvirt's objects are the model's: this file is all types and holds no code. */

import type { Connection } from '../../hypervisor/connection.js';
import type * as hypervisor from '../../hypervisor/index.js';
import type {
  AsyncConnection,
  AsyncDomain,
  AsyncDomainCheckpoint,
  AsyncDomainSnapshot,
  AsyncHostInterface,
  AsyncNetwork,
  AsyncNetworkPort,
  AsyncNodeDevice,
  AsyncNWFilter,
  AsyncNWFilterBinding,
  AsyncSecret,
  AsyncStoragePool,
  AsyncStorageVolume,
  AsyncStream,
} from '../../libvirt/async-objects.js';

type Is<Part extends Whole, Whole> = Part;

/** What the driver adds to libvirt's connection itself; everything else has to be there. */
type Added =
  | keyof hypervisor.Events
  | keyof hypervisor.Consoles
  | 'uri'
  | 'readonly'
  | 'ownEngine'
  | 'notices'
  | 'lateNotices'
  | 'secondary'
  | 'release'
  | 'close';

export type ModelCheck = [
  Is<AsyncConnection, Omit<Connection, Added>>,
  Is<AsyncDomain, hypervisor.Domain>,
  Is<AsyncDomainSnapshot, hypervisor.Snapshot>,
  Is<AsyncDomainCheckpoint, hypervisor.Checkpoint>,
  Is<AsyncStoragePool, hypervisor.StoragePool>,
  Is<AsyncStorageVolume, hypervisor.StorageVolume>,
  Is<AsyncNetwork, hypervisor.Network>,
  Is<AsyncNetworkPort, hypervisor.NetworkPort>,
  Is<AsyncHostInterface, hypervisor.HostInterface>,
  Is<AsyncNodeDevice, hypervisor.NodeDevice>,
  Is<AsyncSecret, hypervisor.Secret>,
  Is<AsyncNWFilter, hypervisor.NWFilter>,
  Is<AsyncNWFilterBinding, hypervisor.NWFilterBinding>,
  Is<AsyncStream, hypervisor.Stream>,
];
