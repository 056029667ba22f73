import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { planCharacterDevice } from './character-source.js';
import { attributeOf, refuseUnknown, xmlError } from './device-xml.js';
import { aliasFor, type Place, type Plan } from './plan.js';

/** <serial>, <console> and <channel>. @throws HypervisorError in libvirt's words. */
export function planCharacter(root: Element, place: Place): Plan {
  refuseUnknown(root, 'source', 'target', 'protocol');
  const kind = root.nodeName as 'serial' | 'console' | 'channel';
  const type = root.getAttribute('type');
  if (!type) throw xmlError(`Missing required attribute 'type' in element '${kind}'`);
  const id = aliasFor(root, kind, place);
  const chardev = planCharacterDevice(root, type, `char${id}`);
  const frontend = frontendOf(root, kind);
  return {
    id,
    backends: [chardev],
    device: { ...frontend.device, chardev: chardev.id },
    on: frontend.on,
  };
}

/** A device of USB whose other end is elsewhere. @throws HypervisorError in libvirt's words. */
export function planRedirection(root: Element, place: Place): Plan {
  refuseUnknown(root, 'source', 'protocol');
  const bus = root.getAttribute('bus') || 'usb';
  if (bus !== 'usb') throw xmlError(`Invalid value for attribute 'bus' in element 'redirdev': '${bus}'.`);
  const type = root.getAttribute('type');
  if (!type) throw xmlError("Missing required attribute 'type' in element 'redirdev'");
  const id = aliasFor(root, 'redir', place);
  const planned = planCharacterDevice(root, type, `char${id}`);
  const usbredir = { backend: { type: 'spicevmc', data: { type: 'usbredir' } } };
  const chardev = type === 'spicevmc' ? { ...planned, options: usbredir } : planned;
  return { id, backends: [chardev], device: { driver: 'usb-redir', chardev: chardev.id }, on: 'usb' };
}

function frontendOf(root: Element, kind: 'serial' | 'console' | 'channel'): Pick<Plan, 'device' | 'on'> {
  const target = attributeOf(root, 'type', 'target');
  const unsupported = (type: string): Error =>
    refusal('configuration', `unsupported ${kind} target type ${type}`);
  if (kind === 'channel') {
    if (target === undefined) throw xmlError('target type must be specified for channel device');
    if (target !== 'virtio') throw unsupported(target);
    const name = attributeOf(root, 'name', 'target');
    return {
      device: { driver: 'virtserialport', ...(name === undefined ? {} : { name }) },
      on: 'virtio-serial',
    };
  }
  if (kind === 'console') {
    if (target !== 'virtio') throw unsupported(target ?? 'serial');
    return { device: { driver: 'virtconsole' }, on: 'virtio-serial' };
  }
  switch (target ?? 'isa-serial') {
    case 'pci-serial':
      return { device: { driver: 'pci-serial' }, on: 'pci' };
    case 'usb-serial':
      return { device: { driver: 'usb-serial' }, on: 'usb' };
    case 'isa-serial':
      return { device: { driver: 'isa-serial' }, on: 'own' };
    default:
      throw unsupported(target ?? '');
  }
}
