import { DOMParser, type Element } from '@xmldom/xmldom';
import type { DomainCareFacts, NamedImage } from '../hypervisor/index.js';

const children = (parent: Element | null | undefined, name: string): Element[] =>
  Array.from(parent?.childNodes ?? []).filter((node): node is Element => node.nodeName === name);

/** The disks of a domain's description, with as much of their chains as it tells. */
export function describedDisks(xml: string): DomainCareFacts['disks'] {
  const root = new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml').documentElement;
  return children(children(root, 'devices')[0], 'disk').flatMap((disk) => {
    const target = children(disk, 'target')[0]?.getAttribute('dev');
    if (!target) return [];
    const readonly = children(disk, 'readonly').length > 0;
    const format = children(disk, 'driver')[0]?.getAttribute('type') || 'raw';
    return [{ target, readonly, images: imagesFrom(disk, format) }];
  });
}

/** https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms: backingStore is within what lies on it. */
function imagesFrom(holder: Element, format: string): NamedImage[] {
  const [source] = children(holder, 'source');
  const file = source && nameOf(source, holder.getAttribute('type') ?? 'file');
  if (file === undefined) return [];
  const [store] = children(holder, 'backingStore');
  const below = children(store, 'format')[0]?.getAttribute('type');
  return [{ file, format }, ...(store && below ? imagesFrom(store, below) : [])];
}

/** A path, or the name of what is none. */
function nameOf(source: Element, type: string): string | undefined {
  const path = source.getAttribute('file') || source.getAttribute('dev') || source.getAttribute('dir');
  if (path) return path;
  const volume = source.getAttribute('volume');
  if (volume) return `volume:${source.getAttribute('pool') ?? ''}/${volume}`;
  const name = source.getAttribute('name') || source.getAttribute('path');
  return name ? `${source.getAttribute('protocol') || type}:${name}` : undefined;
}
