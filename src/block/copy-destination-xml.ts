import { DOMParser, type Element } from '@xmldom/xmldom';
import type { CopyRequest } from './block-copy.js';
import { refusal } from './refusals.js';
import { childElements } from './xml-document.js';

/**
 * The destination that a <disk> describes, as blockcopy --xml takes it.
 * Format: https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainBlockCopy.
 * @throws HypervisorError in libvirt's words.
 */
export function parseCopyDestination(xml: string): CopyRequest['to'] {
  const disk = parse(xml);
  const child = (name: string): Element | undefined => childElements(disk, name)[0];
  const type = disk.getAttribute('type') || 'file';
  if (type !== 'file' && type !== 'block')
    throw refusal('configuration', `a copy to a destination of type '${type}' is not possible here`);
  const source = child('source')?.getAttribute(type === 'file' ? 'file' : 'dev');
  if (!source) throw refusal('configuration', 'mirror requires file name');
  if (child('backingStore'))
    throw refusal('configuration', 'a backingStore of the destination is not looked at here: leave it out');
  return { file: source, type, format: child('driver')?.getAttribute('type') || undefined };
}

function parse(xml: string): Element {
  let root: Element | null;
  try {
    root = new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml').documentElement;
  } catch (error) {
    throw refusal('invalid', `(disk_definition): ${(error as Error).message.split('\n')[0]}`);
  }
  if (root?.nodeName !== 'disk') throw refusal('configuration', "expecting root element of 'disk'");
  return root;
}
