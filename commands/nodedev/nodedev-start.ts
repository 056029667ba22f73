import { defineCommand, orFail } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-start',
  group: 'nodedev',
  summary: 'Start an inactive node device',
  description: 'Starts an inactive node device that was previously defined',
  options: [
    { name: 'device', type: 'string', required: true, completer: 'node-device', help: 'device name' },
  ],
  async run(context, args) {
    const found = await nodeDeviceOf(context, args);
    const name = args.text('device');
    await orFail(`Failed to start device ${name}`, found.create());
    context.output.extra(`Device ${name} started\n`);
  },
});
