import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { refuseUnknown, xmlError } from './device-xml.js';
import { aliasFor, nextNumber, type Place, type Plan } from './plan.js';

/** QEMU's devices by libvirt's models, of the controllers that can be added; the first is what no model stands for. */
export const controllerModels: Readonly<
  Record<string, readonly (readonly [model: string, driver: string])[]>
> = {
  scsi: [
    ['lsilogic', 'lsi'],
    ['virtio-scsi', 'virtio-scsi-pci'],
    ['virtio-transitional', 'virtio-scsi-pci-transitional'],
    ['virtio-non-transitional', 'virtio-scsi-pci-non-transitional'],
    ['lsisas1068', 'mptsas1068'],
    ['lsisas1078', 'megasas'],
    ['vmpvscsi', 'pvscsi'],
  ],
  usb: [
    ['qemu-xhci', 'qemu-xhci'],
    ['nec-xhci', 'nec-usb-xhci'],
    ['piix3-uhci', 'piix3-usb-uhci'],
    ['ehci', 'usb-ehci'],
  ],
  'virtio-serial': [
    ['virtio', 'virtio-serial-pci'],
    ['virtio-transitional', 'virtio-serial-pci-transitional'],
    ['virtio-non-transitional', 'virtio-serial-pci-non-transitional'],
  ],
};

/** libvirt's types that cannot be added to a machine that runs. */
const fixed: ReadonlySet<string> = new Set(['ide', 'fdc', 'sata', 'ccid', 'pci', 'xenbus', 'isa']);

/** @throws HypervisorError in libvirt's words: it is none that comes and goes. */
export function checkController(root: Element, what: 'plugged' | 'unplugged'): string {
  const type = root.getAttribute('type') ?? '';
  if (fixed.has(type)) throw refusal('unsupported', `'${type}' controller cannot be hot ${what}.`);
  if (!controllerModels[type])
    throw xmlError(`Invalid value for attribute 'type' in element 'controller': '${type}'.`);
  return type;
}

/** What disks, USB devices or ports are plugged into. @throws HypervisorError in libvirt's words. */
export function planController(root: Element, place: Place): Plan {
  refuseUnknown(root);
  const type = checkController(root, 'plugged');
  const models = controllerModels[type] ?? [];
  const model = root.getAttribute('model');
  const driver = model ? models.find(([name]) => name === model)?.[1] : models[0]?.[1];
  if (driver === undefined)
    throw refusal('configuration', `a ${type} controller of model '${model}' is not possible here`);
  const ids = place.devices.flatMap(({ id }) => id ?? []);
  const given = root.getAttribute('index');
  // libvirt's first USB controller has no number.
  const next =
    type === 'usb' && ids.includes('usb') ? Math.max(1, nextNumber(ids, type)) : nextNumber(ids, type);
  const index = given ? Number(given) : next;
  const name = type === 'usb' && index === 0 ? 'usb' : `${type}${index}`;
  if (ids.includes(name)) throw refusal('failed', `target ${type}:${index} already exists`);
  const own = aliasFor(root, type, place);
  return { id: own.startsWith('ua-') ? own : name, backends: [], device: { driver }, on: 'pci' };
}
