import { defineCommand, orFail } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-reattach',
  group: 'nodedev',
  summary: 'reattach node device to its device driver',
  description: 'Reattach node device to its device driver once released by the domain.',
  options: [{ name: 'device', type: 'string', required: true, completer: 'node-device', help: 'device key' }],
  async run(context, args) {
    const found = await nodeDeviceOf(context, args);
    const name = args.text('device');
    await orFail(`Failed to re-attach device ${name}`, found.reAttach());
    context.output.extra(`Device ${name} re-attached\n`);
  },
});
