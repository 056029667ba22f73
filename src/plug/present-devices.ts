import { CommandFailure, type PciDevice, pciBuses, type QmpClient } from '../qmp/index.js';
import { escapeXml } from '../snapshot/snapshot-xml.js';
import type { Backend } from './backend.js';
import { type CharacterSource, readCharacterSource, sourceLines } from './character-source.js';
import { controllerModels } from './controller-plan.js';
import { type QomDevice, qomDevices } from './qom-devices.js';

/** A device of a guest as libvirt describes it; disks and network cards are told of elsewhere. */
export interface PresentDevice extends QomDevice {
  /** The element's name: `rng`. */
  readonly element: string;
  /** Not indented. */
  readonly lines: readonly string[];
  readonly backends: readonly Backend[];
  /** What a character device is connected to. */
  readonly source?: CharacterSource;
}

/** What is known of a machine when its devices are described. */
interface Machine {
  readonly qmp: QmpClient;
  /** Paths and types of what -object has made. */
  readonly objects: ReadonlyMap<string, string>;
  readonly chardevs: ReadonlyMap<string, string>;
  readonly memory: ReadonlyMap<string, { size: number; node: number; slot?: number; addr?: number }>;
  readonly pci: ReadonlyMap<string, PciDevice>;
}

type Described = Omit<PresentDevice, keyof QomDevice | 'element' | 'lines'> & {
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** Lines of the children. */
  readonly inner?: readonly string[];
  /** Where it is, if not on PCI. */
  readonly address?: readonly string[];
};
type Describe = (device: QomDevice, machine: Machine) => Promise<Described | undefined>;

const none: Pick<Described, 'backends'> = { backends: [] };
const objectId = (path: string): string => path.replace(/^\/objects\//, '');

async function property(qmp: QmpClient, { path }: QomDevice, name: string): Promise<unknown> {
  return qmp.execute('qom-get', { path, property: name });
}

const rng: Describe = async (device, { qmp, objects }) => {
  const path = String(await property(qmp, device, 'rng'));
  const [bytes, period] = [
    Number(await property(qmp, device, 'max-bytes')),
    await property(qmp, device, 'period'),
  ];
  const backend = objects.get(path);
  const of = async (name: string): Promise<string> =>
    String(await qmp.execute('qom-get', { path, property: name }));
  const id = objectId(path);
  const chardev = backend === 'rng-egd' ? await of('chardev') : undefined;
  const told =
    backend === 'rng-random'
      ? `model='random'>${escapeXml(await of('filename'))}</backend>`
      : `model='${escapeXml(backend?.replace(/^rng-/, '') ?? 'builtin')}'/>`;
  return {
    attributes: { model: virtioModel(device.type) },
    inner: [
      // QEMU's own value for one without a limit.
      ...(bytes >= 2 ** 62 ? [] : [`  <rate bytes='${bytes}' period='${period}'/>`]),
      `  <backend ${told}`,
    ],
    // QEMU would not make an object for one that was given none.
    backends: [
      ...(chardev === undefined ? [] : [{ kind: 'chardev', id: chardev } as const]),
      ...(path.startsWith('/objects/') ? [{ kind: 'object', id } as const] : []),
    ],
  };
};

/** What QEMU's suffixes of virtio's devices are to libvirt. */
const virtioModel = (type: string): string =>
  `virtio${/-pci-((?:non-)?transitional)$/.exec(type)?.[1]?.replace(/^/, '-') ?? ''}`;

const input: Describe = async ({ type }) => {
  const kind = /mouse|tablet/.exec(type)?.[0] ?? 'keyboard';
  return { attributes: { type: kind, bus: type.startsWith('usb') ? 'usb' : 'virtio' }, ...none };
};

const watchdog: Describe = async ({ type }) => ({ attributes: { model: type }, ...none });

const balloon: Describe = async ({ type }) => ({ attributes: { model: virtioModel(type) }, ...none });

const memory: Describe = async ({ id, path }, { qmp, memory: modules }) => {
  const module = modules.get(id ?? '');
  const memdev = objectId(String(await qmp.execute('qom-get', { path, property: 'memdev' })));
  return {
    attributes: { model: 'dimm' },
    inner: [
      '  <target>',
      `    <size unit='KiB'>${(module?.size ?? 0) / 1024}</size>`,
      `    <node>${module?.node ?? 0}</node>`,
      '  </target>',
    ],
    address:
      module?.addr === undefined
        ? []
        : [`  <address type='dimm' slot='${module.slot}' base='0x${module.addr.toString(16)}'/>`],
    backends: [{ kind: 'object', id: memdev }],
  };
};

const controller: Describe = async ({ id = '', type }) => {
  for (const [kind, models] of Object.entries(controllerModels)) {
    const model = models.find(([, driver]) => driver === type)?.[0];
    if (model === undefined) continue;
    const [, number] = new RegExp(`^${kind}(\\d*)$`).exec(id) ?? [];
    return {
      attributes: {
        type: kind,
        // What is called otherwise has no number to be known by.
        index: number === undefined ? undefined : Number(number),
        model: model === 'virtio' ? undefined : model,
      },
      ...none,
    };
  }
  return undefined;
};

/** @param target the attributes of <target> */
const character =
  (target: (device: QomDevice, machine: Machine) => Promise<Readonly<Record<string, string>>>): Describe =>
  async (device, machine) => {
    const chardev = String(await property(machine.qmp, device, 'chardev'));
    const source = readCharacterSource(machine.chardevs.get(chardev) ?? '');
    if (!source) return undefined;
    const attributes = Object.entries(await target(device, machine));
    const words = attributes.map(([name, value]) => ` ${name}='${escapeXml(value)}'`).join('');
    return {
      attributes: { type: source.type },
      inner: [...sourceLines(source), ...(words === '' ? [] : [`  <target${words}/>`])],
      backends: [{ kind: 'chardev', id: chardev }],
      source,
    };
  };

const channel = character(async (device, { qmp, chardevs }) => {
  const name = String(await property(qmp, device, 'name'));
  const chardev = chardevs.get(String(await property(qmp, device, 'chardev'))) ?? '';
  const state = chardev.startsWith('disconnected:') ? 'disconnected' : 'connected';
  return {
    type: 'virtio',
    ...(name === '' ? {} : { name }),
    ...(chardev.startsWith('file') ? {} : { state }),
  };
});

const describers: readonly (readonly [types: RegExp, element: string, describe: Describe])[] = [
  [
    /^(virtio-(scsi|serial)-pci(-(non-)?transitional)?|lsi|mptsas1068|megasas|pvscsi)$/,
    'controller',
    controller,
  ],
  [/^(qemu-xhci|nec-usb-xhci|piix3-usb-uhci|usb-ehci)$/, 'controller', controller],
  [/^(pci|usb|isa)-serial$/, 'serial', character(async ({ type }) => ({ type }))],
  [/^virtconsole$/, 'console', character(async () => ({ type: 'virtio' }))],
  [/^virtserialport$/, 'channel', channel],
  [/^(usb-(mouse|tablet|kbd)|virtio-(mouse|tablet|keyboard)-pci)$/, 'input', input],
  [/^usb-redir$/, 'redirdev', character(async () => ({}))],
  [/^(i6300esb|ib700)$/, 'watchdog', watchdog],
  [/^virtio-balloon-pci/, 'memballoon', balloon],
  [/^virtio-rng-pci/, 'rng', rng],
  [/^pc-dimm$/, 'memory', memory],
];

/** The devices that libvirt has XML for, by kind. */
export async function presentDevices(qmp: QmpClient): Promise<PresentDevice[]> {
  const machine = await readMachine(qmp);
  const devices = await qomDevices(qmp);
  const found: PresentDevice[] = [];
  for (const [types, element, describe] of describers) {
    for (const device of devices.filter(({ type }) => types.test(type))) {
      const described = await describe(device, machine).catch(gone);
      if (!described) continue;
      const { attributes, inner = [], address, ...rest } = described;
      const bus = element === 'redirdev' ? { bus: 'usb' } : {};
      const lines = elementLines(element, { ...bus, ...attributes }, [
        ...inner,
        ...(device.id === undefined ? [] : [`  <alias name='${escapeXml(device.id)}'/>`]),
        ...(address ?? addressLines(machine.pci.get(device.id ?? ''))),
      ]);
      found.push({ ...device, element, lines, ...rest });
    }
  }
  return found;
}

/** A device may go between two questions. */
function gone(error: unknown): undefined {
  if (!(error instanceof CommandFailure)) throw error;
}

/** PCI devices by their ids. */
export async function pciPlaces(qmp: QmpClient): Promise<ReadonlyMap<string, PciDevice>> {
  const all = [...(await pciBuses(qmp)).values()].flatMap(({ devices }) => devices);
  return new Map(all.map((device) => [device.qdev_id, device]));
}

async function readMachine(qmp: QmpClient): Promise<Machine> {
  const objects = await qmp.execute('qom-list', { path: '/objects' });
  const modules = await qmp.execute('query-memory-devices').catch(gone);
  return {
    qmp,
    objects: new Map(
      objects.map(({ name, type }) => [`/objects/${name}`, /^child<(.*)>$/.exec(type)?.[1] ?? '']),
    ),
    chardevs: new Map((await qmp.execute('query-chardev')).map(({ label, filename }) => [label, filename])),
    memory: new Map(
      (modules ?? []).flatMap(({ data }) => (data?.id === undefined ? [] : [[data.id, data] as const])),
    ),
    pci: await pciPlaces(qmp),
  };
}

function elementLines(name: string, attributes: Described['attributes'], inner: readonly string[]): string[] {
  const words = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? '' : ` ${key}='${escapeXml(String(value))}'`,
  );
  const start = `<${name}${words.join('')}`;
  return inner.length === 0 ? [`${start}/>`] : [`${start}>`, ...inner, `</${name}>`];
}

const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Where the guest finds a PCI device. */
export const addressLines = (device: PciDevice | undefined): string[] =>
  device
    ? [
        `  <address type='pci' domain='0x0000' bus='${hex(device.bus, 2)}' slot='${hex(device.slot, 2)}' function='${hex(device.function, 1)}'/>`,
      ]
    : [];
