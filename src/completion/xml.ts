/** Parses XML that a hypervisor made. The parser is loaded when first needed. @throws it is malformed. */
export async function parseXml(xml: string): Promise<Document> {
  const { DOMParser } = await import('@xmldom/xmldom');
  return new DOMParser().parseFromString(xml, 'text/xml') as unknown as Document;
}

/** Child elements of that name. */
export function children(parent: Element | null, name: string): Element[] {
  const found: Element[] = [];
  for (let node = parent?.firstChild ?? null; node; node = node.nextSibling) {
    if (node.nodeName === name) found.push(node as Element);
  }
  return found;
}

export const attribute = (element: Element, name: string): string => element.getAttribute(name) ?? '';
