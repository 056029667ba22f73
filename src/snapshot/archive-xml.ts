import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';
import { ArchiveError } from '../archive/index.js';

/**
 * A domain's description with its disks where they have been restored to. What is not among them stays as it is.
 * @param files by the disks' names.
 * @throws ArchiveError it is no description of a domain.
 */
export function restoredXml(
  xml: string,
  files: ReadonlyMap<string, string>,
  format: 'qcow2' | 'raw',
  nvram: string | null,
): string {
  const document = new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml');
  const root = document.documentElement;
  if (root?.nodeName !== 'domain') throw new ArchiveError('damaged', 'domain.xml describes no domain');
  root.removeAttribute('id');
  for (const disk of elements(root, 'devices').flatMap((devices) => elements(devices, 'disk'))) {
    const [target] = elements(disk, 'target');
    const file = files.get(target?.getAttribute('dev') ?? '');
    if (file === undefined) continue;
    disk.setAttribute('type', 'file');
    for (const old of [...elements(disk, 'source'), ...elements(disk, 'backingStore')]) disk.removeChild(old);
    const source = document.createElement('source');
    source.setAttribute('file', file);
    disk.insertBefore(source, target ?? null);
    const [driver] = elements(disk, 'driver');
    driver?.setAttribute('type', format);
  }
  const [os] = elements(root, 'os');
  const [flash] = os ? elements(os, 'nvram') : [];
  if (flash && nvram !== null) {
    const [source] = elements(flash, 'source');
    if (source) source.setAttribute('file', nvram);
    else flash.textContent = nvram;
  }
  return `${new XMLSerializer().serializeToString(document)}\n`;
}

const elements = (parent: Element, name: string): Element[] =>
  Array.from(parent.childNodes).filter((node): node is Element => node.nodeName === name);

/** A disk as a domain's description tells of it. */
export interface DescribedImage {
  readonly target: string;
  /** Its image or device; empty for a disk that is neither. */
  readonly file: string;
  /** It is a device of the host. */
  readonly device: boolean;
  readonly format: string;
  readonly readonly: boolean;
}

/** The disks of a description; drives without a medium are left out. */
export function describedDisks(xml: string): DescribedImage[] {
  const root = parsed(xml);
  const disks = root ? elements(root, 'devices').flatMap((devices) => elements(devices, 'disk')) : [];
  return disks.flatMap((disk) => {
    const [[source], [target], [driver]] = [
      elements(disk, 'source'),
      elements(disk, 'target'),
      elements(disk, 'driver'),
    ];
    const name = target?.getAttribute('dev');
    if (!source || !name) return [];
    const device = source.getAttribute('dev') ?? '';
    const file = source.getAttribute('file') || device;
    const readonly = elements(disk, 'readonly').length > 0;
    const format = driver?.getAttribute('type') || 'raw';
    return [{ target: name, file, device: device !== '', format, readonly }];
  });
}

/** Where the variables of a domain's firmware are; undefined if it has none. */
export function describedNvram(xml: string): string | undefined {
  const root = parsed(xml);
  const [flash] = root ? elements(root, 'os').flatMap((os) => elements(os, 'nvram')) : [];
  if (!flash) return undefined;
  return elements(flash, 'source')[0]?.getAttribute('file') || flash.textContent?.trim() || undefined;
}

const parsed = (xml: string): Element | null =>
  new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml').documentElement;
