import type { Element } from '@xmldom/xmldom';

/** An element as text, in the layout of its document, as libvirt's tools hand it back to libvirt. */
export async function elementText(element: Element): Promise<string> {
  const { serializeXml } = await import('./xml-serialize.js');
  return serializeXml(element);
}
