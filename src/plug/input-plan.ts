import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { refuseUnknown } from './device-xml.js';
import { aliasFor, type Place, type Plan } from './plan.js';

const drivers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  usb: { mouse: 'usb-mouse', tablet: 'usb-tablet', keyboard: 'usb-kbd' },
  virtio: { mouse: 'virtio-mouse-pci', tablet: 'virtio-tablet-pci', keyboard: 'virtio-keyboard-pci' },
};

/** A mouse, tablet or keyboard. @throws HypervisorError in libvirt's words. */
export function planInput(root: Element, place: Place): Plan {
  refuseUnknown(root);
  const type = root.getAttribute('type') ?? '';
  if (!['mouse', 'tablet', 'keyboard', 'passthrough', 'evdev'].includes(type))
    throw refusal('configuration', `unknown input device type '${type}'`);
  const bus = root.getAttribute('bus') || (type === 'tablet' ? 'usb' : 'ps2');
  if (!['ps2', 'usb', 'xen', 'parallels', 'virtio', 'none'].includes(bus))
    throw refusal('configuration', `unknown input bus type '${bus}'`);
  const ofBus = drivers[bus];
  if (!ofBus) throw refusal('unsupported', `input device on bus '${bus}' cannot be hot plugged.`);
  const driver = ofBus[type];
  if (driver === undefined)
    throw refusal('configuration', `an input device of type '${type}' is not possible here`);
  const id = aliasFor(root, 'input', place);
  return { id, backends: [], device: { driver }, on: bus === 'usb' ? 'usb' : 'pci' };
}
