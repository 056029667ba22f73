import type { Document, Element, Node } from '@xmldom/xmldom';

const ELEMENT_NODE = 1;
const isElement = (node: Node): node is Element => node.nodeType === ELEMENT_NODE;

/** Elements below `parent` along a path of child names: `elementsAt(domain, 'devices', 'disk')`. */
export function elementsAt(parent: Element, ...path: string[]): Element[] {
  return path.reduce<Element[]>(
    (parents, name) =>
      parents.flatMap((each) =>
        Array.from(each.childNodes)
          .filter(isElement)
          .filter((child) => child.nodeName === name),
      ),
    [parent],
  );
}

/**
 * The first of some attributes, in the order of the document, of the elements at a path; undefined if there is
 * none or it is empty.
 */
export function attributeAt(
  parent: Element,
  path: readonly string[],
  ...names: string[]
): string | undefined {
  for (const element of elementsAt(parent, ...path)) {
    for (const attribute of Array.from(element.attributes)) {
      if (names.includes(attribute.name)) return attribute.value || undefined;
    }
  }
  return undefined;
}

/** Text of the first element at a path; empty if there is none. */
export const textAt = (parent: Element, ...path: string[]): string =>
  elementsAt(parent, ...path)[0]?.textContent ?? '';

/** Parses a document. @returns its root element. @throws Error it is not well-formed, saying where. */
export async function parseXml(xml: string): Promise<Element> {
  const { DOMParser } = await import('./xml-library.js');
  const parser = new DOMParser({
    onError: (level, message) => {
      if (level !== 'warning') throw new Error(message);
    },
  });
  const document: Document = parser.parseFromString(xml, 'text/xml');
  if (!document.documentElement) throw new Error('no root element');
  return document.documentElement;
}
