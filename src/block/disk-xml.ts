import { refusal } from './refusals.js';
import { childElements, childText, parseRoot } from './xml-document.js';

/** A disk as a user describes it who wants it attached, detached or changed. */
export interface DescribedDisk {
  readonly device: 'disk' | 'cdrom' | 'floppy' | 'lun';
  readonly type: 'file' | 'block';
  /** Undefined for an empty drive. */
  readonly file: string | undefined;
  /** `raw` unless told otherwise, whatever the image holds. */
  readonly format: string;
  readonly target: string;
  readonly bus: string;
  readonly cache: string | undefined;
  readonly io: string | undefined;
  readonly iothread: string | undefined;
  readonly serial: string | undefined;
  readonly readonly: boolean;
  readonly shareable: boolean;
}

const known: ReadonlySet<string> = new Set([
  ...['driver', 'source', 'target', 'readonly', 'shareable', 'serial', 'alias', 'address', 'backingStore'],
]);
const devices = ['disk', 'cdrom', 'floppy', 'lun'] as const;

/**
 * Reads a <disk> of libvirt's domain XML.
 * @throws HypervisorError in libvirt's words, or that something in it can't be had here.
 */
export function parseDisk(xml: string): DescribedDisk {
  const disk = parseRoot(xml, 'disk', 'device_definition');
  const unknown = Array.from(disk.childNodes).find(
    ({ nodeType, nodeName }) => nodeType === 1 && !known.has(nodeName),
  );
  if (unknown) throw refusal('configuration', `<${unknown.nodeName}> of a disk is not possible here`);
  const child = (name: string) => childElements(disk, name)[0];
  const value = (name: string, attribute: string): string | undefined =>
    child(name)?.getAttribute(attribute) || undefined;
  const type = disk.getAttribute('type') || 'file';
  if (type !== 'file' && type !== 'block')
    throw refusal('configuration', `a disk of type '${type}' is not possible here`);
  const device = devices.find((each) => each === (disk.getAttribute('device') || 'disk'));
  if (!device) throw refusal('configuration', `unknown disk device '${disk.getAttribute('device')}'`);
  const target = value('target', 'dev');
  if (target === undefined) throw refusal('invalid', 'missing target for disk');
  return {
    device,
    type,
    file: value('source', type === 'file' ? 'file' : 'dev'),
    format: value('driver', 'type') ?? 'raw',
    target,
    bus: value('target', 'bus') ?? busOf(target),
    cache: value('driver', 'cache'),
    io: value('driver', 'io'),
    iothread: value('driver', 'iothread'),
    serial: childText(disk, 'serial'),
    readonly: child('readonly') !== undefined || device === 'cdrom',
    shareable: child('shareable') !== undefined,
  };
}

/** The bus that a target's name stands for, as libvirt guesses it. */
const busOf = (target: string): string =>
  /^vd/.test(target) ? 'virtio' : /^hd/.test(target) ? 'ide' : /^fd/.test(target) ? 'fdc' : 'scsi';
