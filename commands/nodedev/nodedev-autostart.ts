import { defineCommand, orFail } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-autostart',
  group: 'nodedev',
  summary: 'autostart a defined node device',
  description: 'Configure a node device to be automatically started at boot.',
  options: [
    {
      name: 'device',
      type: 'string',
      required: true,
      completer: 'node-device',
      help: "device name or wwn pair in 'wwnn,wwpn' format",
    },
    { name: 'disable', type: 'flag', help: 'disable autostarting' },
  ],
  json: { object: { name: 'string', autostart: 'boolean' } },
  async run(context, args) {
    const device = await nodeDeviceOf(context, args);
    const { name } = device;
    const autostart = !args.flag('disable');
    await orFail(
      autostart
        ? `failed to mark device ${name} as autostarted`
        : `failed to unmark device ${name} as autostarted`,
      device.setAutostart(autostart),
    );
    context.emit({ name, autostart });
    context.output.extra(`Device ${name} ${autostart ? 'marked' : 'unmarked'} as autostarted\n`);
  },
});
