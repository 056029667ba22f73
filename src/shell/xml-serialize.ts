import type { Attr, Document, Element, Node } from '@xmldom/xmldom';

const ELEMENT = 1;
const ATTRIBUTE = 2;
const TEXT = 3;
const CDATA = 4;
const INSTRUCTION = 7;
const COMMENT = 8;
const DOCUMENT = 9;

const isText = (node: Node | null | undefined): boolean =>
  node?.nodeType === TEXT || node?.nodeType === CDATA;

/**
 * Removes the blank text that only lays a document out, by libxml2's rule (xmlKeepBlanksDefault(0)): blanks
 * between two tags, unless the element has begun with text, or holds nothing but them.
 */
export function dropLayout(parent: Node): void {
  const kept: Node[] = [];
  for (const child of [...parent.childNodes]) {
    const blank = child.nodeType === TEXT && /^[ \t\n\r]*$/.test(child.nodeValue ?? '');
    const inText = isText(kept.at(-1)) || isText(kept[0]) || (kept.length === 0 && !child.nextSibling);
    if (blank && !inText) {
      parent.removeChild(child);
      continue;
    }
    kept.push(child);
    if (child.nodeType === ELEMENT) dropLayout(child);
  }
}

/**
 * A node as libxml2's xmlNodeDump prints it with formatting: double quotes, two blanks a level, elements that
 * hold text left on one line. `layout` is missing inside such an element.
 */
export function serializeXml(node: Node, layout: string | undefined = ''): string {
  switch (node.nodeType) {
    case ELEMENT: {
      const element = node as Element;
      const attributes = [...element.attributes].sort(
        (a, b) => Number(isNamespace(b)) - Number(isNamespace(a)),
      );
      return elementText(element.tagName, attributes, [...element.childNodes], layout);
    }
    case ATTRIBUTE:
      return attributeText(node as Attr);
    case TEXT:
      return escapeText(node.nodeValue ?? '');
    case CDATA:
      return `<![CDATA[${node.nodeValue}]]>`;
    case COMMENT:
      return `<!--${node.nodeValue}-->`;
    case INSTRUCTION:
      return `<?${node.nodeName}${node.nodeValue ? ` ${node.nodeValue}` : ''}?>`;
    case DOCUMENT: {
      const children = [...(node as Document).childNodes].filter(
        (child) => child.nodeType !== INSTRUCTION || child.nodeName !== 'xml',
      );
      return `<?xml version="1.0" encoding="UTF-8"?>\n${children.map((child) => `${serializeXml(child)}\n`).join('')}`;
    }
    default:
      return '';
  }
}

/**
 * Selected nodes under one new element, as `--wrap` prints them. Attributes become attributes of that element,
 * the last of a name winning. Elements bring the namespaces along that their ancestors declared.
 */
export function serializeWrapped(name: string, nodes: readonly Node[]): string {
  const attributes = new Map<string, Attr>();
  const children: Node[] = [];
  for (const node of nodes) {
    if (node.nodeType === ATTRIBUTE) {
      attributes.delete(node.nodeName);
      attributes.set(node.nodeName, node as Attr);
    } else {
      children.push(node.nodeType === ELEMENT ? withNamespaces(node as Element) : node);
    }
  }
  return elementText(name, [...attributes.values()], children, '');
}

function elementText(
  name: string,
  attributes: readonly Attr[],
  children: readonly Node[],
  layout: string | undefined,
): string {
  const head = `<${name}${attributes.map(attributeText).join('')}`;
  if (children.length === 0) return `${head}/>`;
  const laidOut = layout !== undefined && !children.some(isText);
  if (!laidOut)
    return `${head}>${children.map((child) => serializeXml(child, undefined)).join('')}</${name}>`;
  const inner = `${layout}  `;
  // A whole document inside an element is not indented: libxml2 treats it as one on its own.
  const lines = children.map((child) =>
    child.nodeType === DOCUMENT ? serializeXml(child) : `${inner}${serializeXml(child, inner)}`,
  );
  return `${head}>\n${lines.map((line) => `${line}\n`).join('')}${layout}</${name}>`;
}

/** A copy of an element that declares the prefixes it uses and does not declare itself. */
function withNamespaces(element: Element): Element {
  const copy = element.cloneNode(true) as Element;
  for (const used of prefixesOf(element)) {
    const declaration = used === '' ? 'xmlns' : `xmlns:${used}`;
    const uri = element.lookupNamespaceURI(used === '' ? null : used);
    if (uri && used !== 'xml' && !copy.hasAttribute(declaration)) copy.setAttribute(declaration, uri);
  }
  return copy;
}

function prefixesOf(element: Element): Set<string> {
  const prefixes = new Set([element.prefix ?? '']);
  for (const attribute of element.attributes) {
    if (attribute.prefix && attribute.prefix !== 'xmlns') prefixes.add(attribute.prefix);
  }
  for (const child of element.childNodes) {
    if (child.nodeType === ELEMENT) for (const prefix of prefixesOf(child as Element)) prefixes.add(prefix);
  }
  return prefixes;
}

const isNamespace = ({ name }: Attr): boolean => name === 'xmlns' || name.startsWith('xmlns:');

const attributeText = ({ name, value }: Attr): string => ` ${name}="${escapeAttribute(value)}"`;

const entities = new Map([
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
  ['"', '&quot;'],
  ['\n', '&#10;'],
  ['\r', '&#13;'],
  ['\t', '&#9;'],
]);
const entity = (char: string): string => entities.get(char) ?? char;
const escapeText = (text: string): string => text.replace(/[<>&\r]/g, entity);
const escapeAttribute = (text: string): string => text.replace(/[<>&"\n\r\t]/g, entity);
