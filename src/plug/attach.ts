import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { VIR_ERR_INTERNAL_ERROR, VIR_FROM_QEMU } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { CommandFailure, freePort, pciBuses, type QmpClient } from '../qmp/index.js';
import { addBackend, removeBackends } from './backend.js';
import { planCharacter, planRedirection } from './character-plan.js';
import { planController } from './controller-plan.js';
import { attributeOf, elementAt, xmlError } from './device-xml.js';
import { guestInterfaces } from './guest-interfaces.js';
import { planInput } from './input-plan.js';
import { planInterface } from './interface-plan.js';
import { planMemory } from './memory-plan.js';
import type { Place, Plan } from './plan.js';
import { presentDevices } from './present-devices.js';
import { qomDevices } from './qom-devices.js';
import { planRng } from './rng-plan.js';
import { planWatchdog } from './watchdog-plan.js';

const planners: Readonly<Record<string, (root: Element, place: Place) => Plan>> = {
  interface: planInterface,
  serial: planCharacter,
  console: planCharacter,
  channel: planCharacter,
  controller: planController,
  input: planInput,
  memory: planMemory,
  redirdev: planRedirection,
  rng: planRng,
  watchdog: planWatchdog,
};

/** The elements that can be attached. */
export const attachable: ReadonlySet<string> = new Set(Object.keys(planners));

/**
 * Gives the guest the device that an element describes.
 * @returns what it is called.
 * @throws HypervisorError in libvirt's words; CommandFailure. Nothing is left then.
 */
export async function attachDevice(qmp: QmpClient, root: Element): Promise<string> {
  const place: Place = {
    qmp,
    devices: await qomDevices(qmp),
    present: await presentDevices(qmp),
    cards: await guestInterfaces(qmp),
  };
  const plan = planners[root.nodeName]?.(root, place);
  if (!plan) throw refusal('unsupported', `live attach of device '${root.nodeName}' is not supported`);
  refuseTaken(plan, place);
  const bus = await busFor(qmp, root, plan);
  // What an attachment that was cut off has left has the names that are wanted now.
  await removeBackends(qmp, plan.backends);
  const made = [];
  try {
    for (const backend of plan.backends) {
      await addBackend(qmp, backend);
      made.push(backend);
    }
    await qmp.execute('device_add', { ...plan.device, id: plan.id, ...bus });
  } catch (error) {
    await removeBackends(qmp, made);
    throw noSlots(error, plan, bus);
  }
  // Not before: QEMU doesn't tell what it was, should the device be refused.
  if ('action' in plan) await qmp.execute('watchdog-set-action', { action: String(plan.action) });
  return plan.id;
}

/** @throws HypervisorError another device uses what this one's other end would be called: it is not to be removed. */
function refuseTaken({ backends }: Plan, { present, cards }: Place): void {
  const used = new Set([
    ...present.flatMap((device) => device.backends.map(({ kind, id }) => `${kind} ${id}`)),
    ...cards.map(({ netdev }) => `netdev ${netdev}`),
  ]);
  const taken = backends.find(({ kind, id }) => used.has(`${kind} ${id}`));
  if (taken) throw refusal('configuration', `${taken.kind} '${taken.id}' is used by another device`);
}

/** Where it is plugged in: at its <address>, or on PCI in a free port. */
async function busFor(qmp: QmpClient, root: Element, { on }: Plan): Promise<Record<string, unknown>> {
  const address = elementAt(root, 'address');
  const number = (name: string): number | undefined => {
    const text = attributeOf(root, name, 'address');
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value))
      throw xmlError(`Invalid value for attribute '${name}' in element 'address': '${text}'.`);
    return value;
  };
  const type = address?.getAttribute('type');
  switch (on) {
    case 'pci': {
      if (type !== 'pci') {
        const port = await freePort(qmp);
        return port === undefined ? {} : { bus: port };
      }
      return pciAddress(qmp, [number('domain'), number('bus'), number('slot'), number('function')]);
    }
    case 'usb':
      // Its bus has libvirt's number only if the controller has libvirt's name.
      if (type !== 'usb') return {};
      return {
        bus: `${number('bus') ? `usb${number('bus')}` : 'usb'}.0`,
        ...(attributeOf(root, 'port', 'address') ? { port: attributeOf(root, 'port', 'address') } : {}),
      };
    case 'virtio-serial': {
      if (type !== 'virtio-serial') return {};
      const [controller, port] = [number('controller'), number('port')];
      return {
        ...(controller === undefined ? {} : { bus: `virtio-serial${controller}.0` }),
        ...(port ? { nr: port } : {}),
      };
    }
    case 'own':
      return {};
  }
}

async function pciAddress(
  qmp: QmpClient,
  [domain = 0, bus = 0, slot = 0, fn = 0]: readonly (number | undefined)[],
): Promise<Record<string, unknown>> {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const text = `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn.toString(8)}`;
  const buses = await pciBuses(qmp);
  const place = buses.get(bus);
  if (domain !== 0 || !place) {
    throw xmlError(
      `Invalid PCI address ${text}. Only PCI buses up to ${Math.max(...buses.keys())} are available`,
    );
  }
  if (place.devices.some((device) => device.slot === slot && device.function === fn))
    throw xmlError(`Attempted double use of PCI Address ${text}`);
  return { ...(place.name === undefined ? {} : { bus: place.name }), addr: `${hex(slot, 2)}.${fn}` };
}

/** A machine whose root takes nothing, and none of whose ports is free. */
function noSlots(error: unknown, { on }: Plan, bus: Record<string, unknown>): unknown {
  if (on !== 'pci' || bus.bus !== undefined || !(error instanceof CommandFailure)) return error;
  if (!/^Bus '.*' does not support hotplugging$/.test(error.description)) return error;
  return new HypervisorError('internal error: No more available PCI slots', {
    code: VIR_ERR_INTERNAL_ERROR,
    domain: VIR_FROM_QEMU,
    cause: error,
  });
}
