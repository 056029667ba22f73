import { randomBytes } from 'node:crypto';
import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import type { PlannedBackend } from './backend.js';
import { attributeOf, refuseUnknown, xmlError } from './device-xml.js';
import { aliasFor, type Place, type Plan } from './plan.js';

/** libvirt's types of interfaces. */
const types: ReadonlySet<string> = new Set([
  ...[
    'user',
    'ethernet',
    'vhostuser',
    'server',
    'client',
    'mcast',
    'network',
    'bridge',
    'internal',
    'direct',
  ],
  ...['hostdev', 'udp', 'vdpa', 'null', 'vds'],
]);

/** A network card. @throws HypervisorError in libvirt's words. */
export function planInterface(root: Element, place: Place): Plan {
  refuseUnknown(root, 'mac', 'source', 'target', 'model', 'script', 'link');
  const type = root.getAttribute('type') || 'null';
  if (!types.has(type))
    throw xmlError(`Invalid value for attribute 'type' in element 'interface': '${type}'.`);
  const mac = attributeOf(root, 'address', 'mac') ?? newMac();
  checkMac(mac);
  const model = attributeOf(root, 'type', 'model') ?? 'rtl8139';
  if (!/^[\w-]+$/.test(model)) throw refusal('invalid', 'Model name contains invalid characters');
  const id = aliasFor(root, 'net', place);
  const netdev = `host${id}`;
  return {
    id,
    backends: backendsOf(root, type, id, netdev),
    device: { driver: driverOf(model), netdev, mac: mac.toLowerCase() },
    on: 'pci',
  };
}

const driverOf = (model: string): string =>
  /^virtio(-(non-)?transitional)?$/.test(model) ? model.replace('virtio', 'virtio-net-pci') : model;

/** In the range that libvirt takes for QEMU's guests. */
const newMac = (): string =>
  ['52', '54', '00', ...Array.from(randomBytes(3), (byte) => byte.toString(16).padStart(2, '0'))].join(':');

function checkMac(mac: string): void {
  if (!/^[\da-f]{1,2}(:[\da-f]{1,2}){5}$/i.test(mac)) throw xmlError(`unable to parse mac address '${mac}'`);
  if (Number.parseInt(mac, 16) & 1) throw xmlError(`expected unicast mac address, found multicast '${mac}'`);
}

function backendsOf(root: Element, type: string, id: string, netdev: string): PlannedBackend[] {
  const end = (options: Readonly<Record<string, unknown>>): PlannedBackend => ({
    kind: 'netdev',
    id: netdev,
    options,
  });
  const source = (name: string): string | undefined => attributeOf(root, name, 'source');
  const target = attributeOf(root, 'dev', 'target');
  const script = attributeOf(root, 'path', 'script');
  if (script !== undefined && type !== 'ethernet')
    throw refusal('configuration', `<script> is not possible here for interfaces of type '${type}'`);
  switch (type) {
    case 'user':
      return [end({ type: 'user' })];
    case 'ethernet':
      return [
        end({
          type: 'tap',
          ...(target === undefined ? {} : { ifname: target }),
          script: script ?? 'no',
          downscript: 'no',
        }),
      ];
    case 'bridge': {
      const bridge = source('bridge');
      if (bridge === undefined)
        throw xmlError("No <source> 'bridge' attribute specified with <interface type='bridge'/>");
      if (target !== undefined && target !== id)
        throw refusal('configuration', "QEMU's helper for bridges names the device of the host itself");
      return [end({ type: 'bridge', br: bridge })];
    }
    case 'vhostuser': {
      const path = source('path');
      if (source('type') !== 'unix' || path === undefined)
        throw xmlError("No <source> 'path' attribute specified with <interface type='vhostuser'/>");
      const mode = source('mode');
      if (mode !== 'server' && mode !== 'client')
        throw xmlError("Wrong <source> 'mode' attribute specified with <interface type='vhostuser'/>");
      const addr = { type: 'unix', data: { path } };
      const data = mode === 'client' ? { addr, server: false } : { addr, server: true, wait: false };
      const chardev = `char${id}`;
      return [
        { kind: 'chardev', id: chardev, options: { backend: { type: 'socket', data } } },
        end({ type: 'vhost-user', chardev }),
      ];
    }
    case 'server':
    case 'client':
    case 'mcast':
    case 'udp':
      return [end({ type: 'socket', ...socketEnd(root, type) })];
    default:
      throw refusal('unsupported', `hotplug of interface type of ${type} is not implemented yet`);
  }
}

/** QEMU's own tunnel between two guests. */
function socketEnd(root: Element, type: 'server' | 'client' | 'mcast' | 'udp'): Record<string, string> {
  const address = (...path: string[]): string => {
    const [host, port] = [attributeOf(root, 'address', ...path), attributeOf(root, 'port', ...path)];
    if (port === undefined) throw xmlError("No <source> 'port' attribute specified with socket interface");
    if (host === undefined && type !== 'server')
      throw xmlError("No <source> 'address' attribute specified with socket interface");
    return `${host ?? ''}:${port}`;
  };
  const there = address('source');
  switch (type) {
    case 'server':
      return { listen: there };
    case 'client':
      return { connect: there };
    case 'mcast':
      return { mcast: there };
    case 'udp':
      return { udp: there, localaddr: address('source', 'local') };
  }
}
