import { defineCommand, orFail } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-undefine',
  group: 'nodedev',
  summary: 'Undefine an inactive node device',
  description: 'Undefines the configuration for an inactive node device',
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
    await orFail(`Failed to undefine node device '${name}'`, found.undefine());
    context.output.extra(`Undefined node device '${name}'\n`);
  },
});
