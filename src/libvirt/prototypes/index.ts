import { connectFunctions } from './connect.js';
import { domainFunctions } from './domain.js';
import { domainCheckpointFunctions } from './domain-checkpoint.js';
import { domainSnapshotFunctions } from './domain-snapshot.js';
import { errorFunctions } from './error.js';
import { eventFunctions } from './event.js';
import { interfaceFunctions } from './interface.js';
import { networkFunctions } from './network.js';
import { nodeDeviceFunctions } from './node-device.js';
import { nwfilterFunctions } from './nwfilter.js';
import { qemuFunctions } from './qemu.js';
import { secretFunctions } from './secret.js';
import { storageFunctions } from './storage.js';
import { streamFunctions } from './stream.js';
import { typedParametersFunctions } from './typed-parameters.js';

/** koffi prototypes of libvirt.so.0, by function name. */
export const libvirtPrototypes = {
  ...connectFunctions,
  ...domainFunctions,
  ...domainCheckpointFunctions,
  ...domainSnapshotFunctions,
  ...errorFunctions,
  ...eventFunctions,
  ...interfaceFunctions,
  ...networkFunctions,
  ...nodeDeviceFunctions,
  ...nwfilterFunctions,
  ...secretFunctions,
  ...storageFunctions,
  ...streamFunctions,
  ...typedParametersFunctions,
} as const;

/** koffi prototypes of libvirt-qemu.so.0, by function name. */
export const libvirtQemuPrototypes = qemuFunctions;
