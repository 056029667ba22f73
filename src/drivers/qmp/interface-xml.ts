import type { GuestInterface } from '../../plug/guest-interfaces.js';
import { addressLines } from '../../plug/present-devices.js';
import type { PciDevice } from '../../qmp/index.js';
import { escapeXml } from '../../snapshot/snapshot-xml.js';

/** libvirt's types of what QEMU plugs a card into. */
const types: Readonly<Record<string, string>> = {
  user: 'user',
  tap: 'ethernet',
  bridge: 'bridge',
  'vhost-user': 'vhostuser',
  'vhost-vdpa': 'vdpa',
};

/** What QEMU tells of its tunnels between guests. */
const sockets: readonly (readonly [told: RegExp, type: string])[] = [
  [/^socket: udp=/, 'udp'],
  [/^socket: mcast=/, 'mcast'],
  [/^socket: connect to /, 'client'],
  [/^socket: (wait|connection) from /, 'server'],
];

export const interfaceType = ({ backend = '', about }: GuestInterface): string =>
  types[backend] ??
  // One that waits for the other guest tells nothing.
  (backend === 'socket' && about === '' ? 'server' : undefined) ??
  sockets.find(([told]) => told.test(about))?.[1] ??
  'ethernet';

export const interfaceModel = ({ model }: GuestInterface): string => model.replace(/^virtio-net.*/, 'virtio');

/** The <interface> of a network card. @param isDown its cable is pulled out. @param place where it is on PCI */
export function interfaceLines(
  card: GuestInterface,
  isDown: boolean,
  place: PciDevice | undefined,
): string[] {
  const { name, mac, device } = card;
  return [
    `<interface type='${interfaceType(card)}'>`,
    `  <mac address='${escapeXml(mac)}'/>`,
    ...(device === undefined ? [] : [`  <source dev='${escapeXml(device)}'/>`]),
    `  <target dev='${escapeXml(name)}'/>`,
    `  <model type='${escapeXml(interfaceModel(card))}'/>`,
    ...(isDown ? ["  <link state='down'/>"] : []),
    `  <alias name='${escapeXml(name)}'/>`,
    ...addressLines(place),
    '</interface>',
  ];
}
