import { defineCommand } from '../../src/shell/index.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-info',
  group: 'nodedev',
  summary: 'node device information',
  description: 'Returns basic information about the node device',
  options: [
    {
      name: 'device',
      type: 'string',
      required: true,
      completer: 'node-device',
      help: "device name or wwn pair in 'wwnn,wwpn' format",
    },
  ],
  json: {
    object: {
      name: 'string',
      parent: { oneOf: ['string', 'null'] },
      active: 'boolean',
      persistent: 'boolean',
      'autostart?': 'boolean',
    },
  },
  async run(context, args) {
    const device = await nodeDeviceOf(context, args);
    const line = (label: string, value: string): void =>
      context.output.print(`${`${label}:`.padEnd(15)} ${value}\n`);
    const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
    const parent = await device.getParent().catch(() => null);
    // Drivers that can't tell list only what there is.
    const active = await device.isActive().catch(() => true);
    const persistent = await device.isPersistent().catch(() => true);
    const autostart = await device.getAutostart().catch(() => undefined);
    line('Name', device.name);
    line('Parent', parent ?? '');
    line('Active', yesNo(active));
    line('Persistent', yesNo(persistent));
    line('Autostart', autostart === undefined ? 'no autostart' : yesNo(autostart));
    context.emit({ name: device.name, parent, active, persistent, autostart });
  },
});
