import { defineCommand, orFail } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-destroy',
  group: 'nodedev',
  summary: 'destroy (stop) a device on the node',
  description: 'Destroy a device on the node.  Note that this command destroys devices on the physical host',
  options: [
    { name: 'name', type: 'alias', target: 'device', help: '' },
    {
      name: 'device',
      type: 'string',
      required: true,
      completer: 'node-device',
      help: "device name or wwn pair in 'wwnn,wwpn' format",
    },
  ],
  async run(context, args) {
    const found = await nodeDeviceOf(context, args);
    const name = args.text('device');
    await orFail(`Failed to destroy node device '${name}'`, found.destroy());
    context.output.extra(`Destroyed node device '${name}'\n`);
  },
});
