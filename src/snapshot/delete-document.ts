import { DOMParser, type Document, type Element, type Node, XMLSerializer } from '@xmldom/xmldom';
import type { Rename } from './delete-model.js';
import { realFile } from './real-file.js';

/** libvirt's own mark in a disk of a snapshot whose deletion was begun (virDomainSnapshotDiskDefFormat). */
const MARK = 'snapshotDeleteInProgress';

const parse = (xml: string): Document => new DOMParser().parseFromString(xml, 'text/xml');

const children = (parent: Element | null | undefined, name: string): Element[] =>
  Array.from(parent?.childNodes ?? []).filter((node): node is Element => node.nodeName === name);

/** The disks that a snapshot's document tells of: where the guest went on. */
const ownDisks = (document: Document): Element[] =>
  children(document.documentElement, 'disks').flatMap((list) => children(list, 'disk'));

/** The disks of the domain as it was at the snapshot: what was frozen. */
const domainDisks = (document: Document): Element[] =>
  children(document.documentElement, 'domain')
    .flatMap((domain) => children(domain, 'devices'))
    .flatMap((devices) => children(devices, 'disk'));

/** The frozen image of each disk, by the disk's target, with its format, as a snapshot's document tells. */
export function frozenImages(xml: string): Map<string, { file: string; format: string | undefined }> {
  return new Map(
    domainDisks(parse(xml)).flatMap((disk) => {
      const [source] = children(disk, 'source');
      const target = children(disk, 'target')[0]?.getAttribute('dev');
      const file = source?.getAttribute('file') || source?.getAttribute('dev');
      const format = children(disk, 'driver')[0]?.getAttribute('type') || undefined;
      return target && file ? [[target, { file, format }] as const] : [];
    }),
  );
}

/** The disks of a snapshot whose deletion was begun and not finished: it can't be reverted to any more. */
export function halfDeletedDisks(xml: string): string[] {
  return ownDisks(parse(xml))
    .filter((disk) => children(disk, MARK).length > 0)
    .map((disk) => disk.getAttribute('name') ?? '');
}

/** The document, telling that the snapshot's deletion has begun. */
export function markHalfDeleted(xml: string): string {
  const document = parse(xml);
  for (const disk of ownDisks(document)) {
    if (disk.getAttribute('snapshot') !== 'external' || children(disk, MARK).length > 0) continue;
    const [source] = children(disk, 'source');
    const next = source?.nextSibling ?? null;
    disk.insertBefore(document.createTextNode('\n      '), next);
    disk.insertBefore(document.createElement(MARK), next);
  }
  return new XMLSerializer().serializeToString(document);
}

/** The document as it was before markHalfDeleted(). */
export function unmarkHalfDeleted(xml: string): string {
  const document = parse(xml);
  for (const disk of ownDisks(document)) {
    for (const mark of children(disk, MARK)) {
      const { previousSibling: blank } = mark;
      if (blank?.nodeType === blank?.TEXT_NODE && !blank?.nodeValue?.trim()) disk.removeChild(blank as Node);
      disk.removeChild(mark);
    }
  }
  return new XMLSerializer().serializeToString(document);
}

/** The document with other names for images that have been merged. @returns undefined if it has none of them. */
export async function renameImages(xml: string, { part, from, to }: Rename): Promise<string | undefined> {
  const document = parse(xml);
  const disks = part === 'base' ? domainDisks(document) : ownDisks(document);
  let changed = false;
  for (const source of disks.flatMap((disk) => children(disk, 'source'))) {
    for (const attribute of ['file', 'dev']) {
      const file = source.getAttribute(attribute);
      if (!file || !from.includes(await realFile(file))) continue;
      source.setAttribute(attribute, to);
      changed = true;
    }
  }
  return changed ? new XMLSerializer().serializeToString(document) : undefined;
}
