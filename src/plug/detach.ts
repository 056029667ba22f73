import type { Element } from '@xmldom/xmldom';
import { notUnplugged, refusal } from '../block/refusals.js';
import { parseRoot } from '../block/xml-document.js';
import { type QmpClient, type Unplugged, unplug } from '../qmp/index.js';
import { type Backend, removeBackends } from './backend.js';
import { checkController } from './controller-plan.js';
import { attributeOf, sizeOf, textOf } from './device-xml.js';
import { type GuestInterface, guestInterfaces } from './guest-interfaces.js';
import { type PresentDevice, presentDevices } from './present-devices.js';
import { qomDevices } from './qom-devices.js';

/** What of an element tells one device from another of its kind. What isn't given fits every one. */
const identities: Readonly<Record<string, (root: Element) => readonly (string | undefined)[]>> = {
  serial: characterIdentity,
  console: characterIdentity,
  channel: characterIdentity,
  redirdev: characterIdentity,
  controller: (root) => [root.getAttribute('type') ?? '', root.getAttribute('index') || undefined],
  input: (root) => [root.getAttribute('type') ?? '', root.getAttribute('bus') || undefined],
  memory: (root) => [
    root.getAttribute('model') ?? '',
    sizeOf(root, 'target', 'size')?.toString(),
    textOf(root, 'target', 'node'),
  ],
  rng: (root) => [
    root.getAttribute('model') ?? '',
    attributeOf(root, 'model', 'backend'),
    textOf(root, 'backend'),
    attributeOf(root, 'bytes', 'rate'),
  ],
  watchdog: (root) => [root.getAttribute('model') ?? ''],
};

function characterIdentity(root: Element): (string | undefined)[] {
  return [
    root.getAttribute('type') ?? '',
    ...['path', 'host', 'service'].map((name) => attributeOf(root, name, 'source')),
    ...['type', 'name'].map((name) => attributeOf(root, name, 'target')),
  ];
}

/** A device that is to go, and what it is connected to. */
interface Leaving {
  readonly path: string;
  /** What it is to the user. */
  readonly called: string;
  readonly backends: readonly Backend[];
}

/**
 * Takes the device that an element describes from the guest, and with it what it was connected to.
 * @throws HypervisorError in libvirt's words: there is none such, or the guest doesn't let go.
 */
export async function detachDevice(qmp: QmpClient, root: Element): Promise<void> {
  const leaving =
    root.nodeName === 'interface'
      ? await leavingInterface(qmp, await findInterface(qmp, root))
      : await leavingDevice(qmp, await findDevice(qmp, root));
  const outcome = await leave(qmp, leaving);
  if (outcome !== 'gone') throw notUnplugged(leaving.called, outcome);
}

/**
 * The same by the device's alias. A guest that is slow is not waited for: what has been asked of it stands.
 * @returns whether there is such a device
 * @throws HypervisorError in libvirt's words; CommandFailure.
 */
export async function detachByAlias(qmp: QmpClient, alias: string): Promise<boolean> {
  const card = (await guestInterfaces(qmp)).find(({ name }) => name === alias);
  const present = (await presentDevices(qmp)).find(({ id }) => id === alias);
  const other = (await qomDevices(qmp)).find(({ id }) => id === alias);
  const leaving = card
    ? await leavingInterface(qmp, card)
    : present
      ? await leavingDevice(qmp, present)
      : other && { path: other.path, called: `device '${alias}'`, backends: [] };
  if (!leaving) return false;
  const outcome = await leave(qmp, leaving, { timeout: REQUEST_MS });
  if (outcome === 'rejected') throw notUnplugged(leaving.called, outcome);
  return true;
}

/** How long libvirt looks after a device that it has asked a guest to let go of. */
const REQUEST_MS = 5000;

async function leave(
  qmp: QmpClient,
  { path, backends }: Leaving,
  options?: { timeout: number },
): Promise<Unplugged> {
  const outcome = await unplug(qmp, path, options);
  if (outcome === 'gone') await removeBackends(qmp, backends);
  return outcome;
}

async function findDevice(qmp: QmpClient, root: Element): Promise<PresentDevice> {
  const identity = identities[root.nodeName];
  if (!identity) throw refusal('unsupported', `live detach of device '${root.nodeName}' is not supported`);
  if (root.nodeName === 'controller') checkController(root, 'unplugged');
  const devices = (await presentDevices(qmp)).filter(({ element }) => element === root.nodeName);
  const device = devices.find(({ lines }) => {
    const other = parseRoot(lines.join('\n'), root.nodeName, 'device_definition');
    return sameName(root, other) && fits(identity(root), identity(other));
  });
  if (!device) throw notFound(root);
  return device;
}

/** @throws HypervisorError something is plugged into it. */
async function leavingDevice(qmp: QmpClient, device: PresentDevice): Promise<Leaving> {
  await refuseBusy(qmp, device);
  const { path, id, type, backends } = device;
  return { path, called: `device '${id ?? type}'`, backends };
}

const fits = (wanted: readonly (string | undefined)[], there: readonly (string | undefined)[]): boolean =>
  wanted.every((value, index) => value === undefined || value === there[index]);

/** Whether alias and address, where they are given, are those of the other. */
function sameName(root: Element, other: Element): boolean {
  const alias = attributeOf(root, 'name', 'alias');
  if (alias !== undefined && alias !== attributeOf(other, 'name', 'alias')) return false;
  if (attributeOf(root, 'type', 'address') !== 'pci') return true;
  return ['bus', 'slot', 'function'].every((part) => {
    const value = attributeOf(root, part, 'address');
    return value === undefined || Number(value) === Number(attributeOf(other, part, 'address'));
  });
}

/** @throws HypervisorError something is plugged into it. */
async function refuseBusy(qmp: QmpClient, { element, path }: PresentDevice): Promise<void> {
  if (element !== 'controller') return;
  for (const device of await qomDevices(qmp)) {
    const bus = String(await qmp.execute('qom-get', { path: device.path, property: 'parent_bus' }));
    if (bus.startsWith(`${path}/`)) throw refusal('failed', 'device cannot be detached: device is busy');
  }
}

function notFound(root: Element): Error {
  const model = root.getAttribute('model') ?? '';
  switch (root.nodeName) {
    case 'rng':
      return refusal(
        'missing',
        `model '${attributeOf(root, 'model', 'backend')}' RNG device not present in domain configuration`,
      );
    case 'input':
      return refusal('missing', 'matching input device not found');
    case 'watchdog':
      return refusal('missing', `model '${model}' watchdog device not present in domain configuration`);
    case 'memory':
      return refusal('missing', `model '${model}' memory device not present in the domain configuration`);
    case 'controller': {
      const index = root.getAttribute('index') || '-1';
      return refusal('missing', `controller ${root.getAttribute('type')}:${index} not found`);
    }
    case 'redirdev':
      return refusal('now', 'no matching redirdev was not found');
    default:
      return refusal('missing', `chr type '${root.nodeName}' device not present in domain configuration`);
  }
}

/** The card that an <interface> means. @throws HypervisorError in libvirt's words: there is none, or several. */
export async function findInterface(qmp: QmpClient, root: Element): Promise<GuestInterface> {
  const mac = attributeOf(root, 'address', 'mac')?.toLowerCase();
  const alias = attributeOf(root, 'name', 'alias');
  const found = (await guestInterfaces(qmp)).filter(
    (card) =>
      (mac === undefined || card.mac.toLowerCase() === mac) && (alias === undefined || card.name === alias),
  );
  const [card, another] = found;
  if (another) {
    throw refusal(
      'failed',
      mac === undefined
        ? 'multiple matching devices found'
        : `multiple devices matching MAC address ${mac} found`,
    );
  }
  if (card) return card;
  const told = (value: string | undefined): string => `'${value ?? '(<null>)'}'`;
  throw refusal(
    'missing',
    `no device found at address ${told(undefined)} matching MAC address ${told(mac)} and alias ${told(alias)}`,
  );
}

async function leavingInterface(qmp: QmpClient, card: GuestInterface): Promise<Leaving> {
  const device = (await qomDevices(qmp)).find(({ id, path }) => id === card.name || path === card.name);
  if (!device) throw refusal('unsupported', `interface '${card.name}' has no device that could be unplugged`);
  return { path: device.path, called: `interface '${card.name}'`, backends: interfaceBackends(card) };
}

/** The other end, and what a vhost-user end is connected to, which is called as libvirt calls it. */
function interfaceBackends({ name, netdev, backend }: GuestInterface): Backend[] {
  if (netdev === undefined) return [];
  return [
    ...(backend === 'vhost-user' ? [{ kind: 'chardev', id: `char${name}` } as const] : []),
    { kind: 'netdev', id: netdev },
  ];
}
