import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import type { QmpClient } from '../qmp/index.js';
import type { PlannedBackend } from './backend.js';
import { attributeOf } from './device-xml.js';
import type { GuestInterface } from './guest-interfaces.js';
import type { PresentDevice } from './present-devices.js';
import type { QomDevice } from './qom-devices.js';

/** What is there already when a device is added. */
export interface Place {
  readonly qmp: QmpClient;
  readonly devices: readonly QomDevice[];
  readonly present: readonly PresentDevice[];
  readonly cards: readonly GuestInterface[];
}

/** A device that is to be added, and what has to be made before. */
export interface Plan {
  /** Its alias, as libvirt names it, which is the device's id. */
  readonly id: string;
  readonly backends: readonly PlannedBackend[];
  readonly device: Readonly<Record<string, unknown>> & { readonly driver: string };
  /** What it is plugged into: QEMU finds a place itself on anything but PCI. */
  readonly on: 'pci' | 'usb' | 'virtio-serial' | 'own';
}

/**
 * The alias of a new device: what the user calls it, `ua-…`, else the next number of its kind.
 * @throws HypervisorError in libvirt's words: there is one of that name.
 */
export function aliasFor(root: Element, prefix: string, { devices }: Place): string {
  const ids = devices.flatMap(({ id }) => id ?? []);
  const own = attributeOf(root, 'name', 'alias');
  // Other names than those are libvirt's to give; it doesn't heed them.
  if (own?.startsWith('ua-')) {
    if (ids.includes(own)) throw refusal('configuration', `non unique alias detected: ${own}`);
    return own;
  }
  return `${prefix}${nextNumber(ids, prefix)}`;
}

/** One more than the highest that there is. */
export function nextNumber(ids: readonly string[], prefix: string): number {
  const numbers = ids.flatMap((id) => {
    const number = id.startsWith(prefix) ? id.slice(prefix.length) : '';
    return /^\d+$/.test(number) ? [Number(number)] : [];
  });
  return Math.max(-1, ...numbers) + 1;
}
