import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'hypervisor-cpu-compare',
  group: 'host',
  summary: 'compare a CPU with the CPU created by a hypervisor on the host',
  description: 'compare CPU with hypervisor CPU',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML CPU description',
    },
    { name: 'virttype', type: 'string', help: 'virtualization type (/domain/@type)' },
    { name: 'emulator', type: 'string', help: 'path to emulator binary (/domain/devices/emulator)' },
    { name: 'arch', type: 'string', help: 'CPU architecture (/domain/os/type/@arch)' },
    { name: 'machine', type: 'string', help: 'machine type (/domain/os/type/@machine)' },
    { name: 'error', type: 'flag', help: 'report error if CPUs are incompatible' },
    { name: 'validate', type: 'flag', help: 'validate the XML document against schema' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
