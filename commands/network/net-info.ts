import { defineCommand } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-info',
  group: 'network',
  summary: 'network information',
  description: 'Returns basic information about the network',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
  ],
  json: {
    object: {
      name: 'string',
      uuid: 'string',
      'active?': 'boolean',
      'persistent?': 'boolean',
      'autostart?': 'boolean',
      'bridge?': 'string',
    },
  },
  async run(context, args) {
    const network = await networkOf(context, args);
    const line = (label: string, value: string): void =>
      context.output.print(`${`${label}:`.padEnd(15)} ${value}\n`);
    const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
    const active = await network.isActive().catch(() => undefined);
    const persistent = await network.isPersistent().catch(() => undefined);
    const autostart = await network.getAutostart().catch(() => undefined);
    const bridge = await network.getBridgeName().catch(() => undefined);
    line('Name', network.name);
    line('UUID', network.uuid);
    if (active !== undefined) line('Active', yesNo(active));
    line('Persistent', persistent === undefined ? 'unknown' : yesNo(persistent));
    line('Autostart', autostart === undefined ? 'no autostart' : yesNo(autostart));
    if (bridge !== undefined) line('Bridge', bridge);
    context.emit({ name: network.name, uuid: network.uuid, active, persistent, autostart, bridge });
  },
});
