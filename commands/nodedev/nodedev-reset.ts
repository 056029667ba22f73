import { defineCommand, orFail } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-reset',
  group: 'nodedev',
  summary: 'reset node device',
  description: 'Reset node device before or after assigning to a domain.',
  options: [{ name: 'device', type: 'string', required: true, completer: 'node-device', help: 'device key' }],
  async run(context, args) {
    const found = await nodeDeviceOf(context, args);
    const name = args.text('device');
    await orFail(`Failed to reset device ${name}`, found.reset());
    context.output.extra(`Device ${name} reset\n`);
  },
});
