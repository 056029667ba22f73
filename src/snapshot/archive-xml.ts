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
  if (flash && nvram !== null) flash.textContent = nvram;
  return `${new XMLSerializer().serializeToString(document)}\n`;
}

const elements = (parent: Element, name: string): Element[] =>
  Array.from(parent.childNodes).filter((node): node is Element => node.nodeName === name);

/** A disk as a domain's description tells of it. */
export interface DescribedImage {
  readonly target: string;
  readonly file: string;
  readonly format: string;
  readonly readonly: boolean;
}

/** The disks of a description that are files or devices of the host. */
export function describedDisks(xml: string): DescribedImage[] {
  const root = new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml').documentElement;
  const disks = root ? elements(root, 'devices').flatMap((devices) => elements(devices, 'disk')) : [];
  return disks.flatMap((disk) => {
    const [[source], [target], [driver]] = [
      elements(disk, 'source'),
      elements(disk, 'target'),
      elements(disk, 'driver'),
    ];
    const file = source?.getAttribute('file') || source?.getAttribute('dev');
    const name = target?.getAttribute('dev');
    if (!file || !name) return [];
    const readonly = elements(disk, 'readonly').length > 0;
    return [{ target: name, file, format: driver?.getAttribute('type') || 'raw', readonly }];
  });
}
