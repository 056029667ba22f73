import { ARCHITECTURES } from './architectures.js';
import { VIRTUALIZATION_TYPES } from './virtualization-types.js';

/** Which hypervisor's CPUs are meant. */
export const hypervisorOptions = [
  {
    name: 'virttype',
    type: 'string',
    values: VIRTUALIZATION_TYPES,
    help: 'virtualization type (/domain/@type)',
  },
  {
    name: 'emulator',
    type: 'string',
    completer: 'path',
    help: 'path to emulator binary (/domain/devices/emulator)',
  },
  { name: 'arch', type: 'string', values: ARCHITECTURES, help: 'CPU architecture (/domain/os/type/@arch)' },
  { name: 'machine', type: 'string', help: 'machine type (/domain/os/type/@machine)' },
] as const;
