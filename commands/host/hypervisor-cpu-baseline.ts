import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'hypervisor-cpu-baseline',
  group: 'host',
  summary: 'compute baseline CPU usable by a specific hypervisor',
  description:
    'Compute baseline CPU for a set of given CPUs. The result will be tailored to the specified hypervisor.',
  options: [
    { name: 'file', type: 'string', completer: 'path', help: 'file containing XML CPU descriptions' },
    { name: 'virttype', type: 'string', help: 'virtualization type (/domain/@type)' },
    { name: 'emulator', type: 'string', help: 'path to emulator binary (/domain/devices/emulator)' },
    { name: 'arch', type: 'string', help: 'CPU architecture (/domain/os/type/@arch)' },
    { name: 'machine', type: 'string', help: 'machine type (/domain/os/type/@machine)' },
    { name: 'features', type: 'flag', help: 'Show features that are part of the CPU model type' },
    { name: 'migratable', type: 'flag', help: 'Do not include features that block migration' },
    {
      name: 'model',
      type: 'string',
      help: 'Shortcut for calling the command with a single CPU model and no additional features',
    },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
