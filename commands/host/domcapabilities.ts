import { defineCommand, orFail } from '../../src/shell/index.js';
import { ARCHITECTURES } from './architectures.js';
import { VIRTUALIZATION_TYPES } from './virtualization-types.js';

export default defineCommand({
  name: 'domcapabilities',
  group: 'host',
  summary: 'domain capabilities',
  description: 'Returns capabilities of emulator with respect to host and libvirt.',
  manual: [
    'An XML document about what a guest of the given kind can have: firmware, CPU models, devices and features. What ' +
      'is left out is what the hypervisor would choose by itself.',
  ],
  options: [
    {
      name: 'virttype',
      type: 'string',
      values: VIRTUALIZATION_TYPES,
      help: 'virtualization type (/domain/@type)',
    },
    {
      name: 'emulatorbin',
      type: 'string',
      completer: 'path',
      help: 'path to emulator binary (/domain/devices/emulator)',
    },
    {
      name: 'arch',
      type: 'string',
      values: ARCHITECTURES,
      help: 'domain architecture (/domain/os/type/@arch)',
    },
    { name: 'machine', type: 'string', help: 'machine type (/domain/os/type/@machine)' },
  ],
  json: { object: { xml: 'string' } },
  async run(context, args) {
    const virttype = args.optional('virttype') ?? null;
    const emulator = args.optional('emulatorbin') ?? null;
    const arch = args.optional('arch') ?? null;
    const machine = args.optional('machine') ?? null;
    const xml = await orFail(
      'failed to get emulator capabilities',
      context.connection.getDomainCapabilities(emulator, arch, machine, virttype),
    );
    context.emit({ xml });
    context.output.print(`${xml}\n`);
  },
});
