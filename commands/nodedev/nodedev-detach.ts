import { defineCommand, orFail } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-detach',
  group: 'nodedev',
  summary: 'detach node device from its device driver',
  description: 'Detach node device from its device driver before assigning to a domain.',
  options: [
    { name: 'device', type: 'string', required: true, completer: 'node-device', help: 'device key' },
    {
      name: 'driver',
      type: 'string',
      values: ['default', 'kvm', 'vfio', 'xen'],
      help: "pci device assignment backend driver (e.g. 'vfio' or 'xen')",
    },
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const device = await nodeDeviceOf(context, args);
    const name = args.text('device');
    await orFail(`Failed to detach device ${name}`, device.detach(args.optional('driver') ?? null));
    context.emit({ name: device.name });
    context.output.extra(`Device ${name} detached\n`);
  },
});
