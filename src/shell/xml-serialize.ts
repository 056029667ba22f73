import type { Attr, Element, Node } from '@xmldom/xmldom';

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

/** Namespace declarations of elements, which are no attributes to XPath. */
const declarations = new WeakMap<Element, Attr[]>();

/** Takes the namespace declarations out of the attributes; `serializeXml` still prints them. */
export function setDeclarationsAside(element: Element): void {
  const found = [...element.attributes].filter(isDeclaration);
  for (const declaration of found) element.removeAttributeNode(declaration);
  declarations.set(element, found);
  for (const child of element.childNodes) {
    if (child.nodeType === ELEMENT) setDeclarationsAside(child as Element);
  }
}

/**
 * A node as libxml2's xmlNodeDump prints it with formatting: double quotes, two blanks a level, elements that
 * hold text left on one line.
 * @param layout blanks before the node's lines; undefined inside an element that is left on one line.
 * @param added namespaces to declare on the node besides its own.
 */
export function serializeXml(
  node: Node,
  layout: string | undefined = '',
  added: readonly Declaration[] = [],
): string {
  switch (node.nodeType) {
    case ELEMENT: {
      const element = node as Element;
      const own = (declarations.get(element) ?? []).map(({ name, value }) => attributeText(name, value));
      const more = added.map(([name, uri]) => attributeText(name, uri));
      const attributes = [...element.attributes].map(({ name, value }) => attributeText(name, value));
      const children = [...element.childNodes].map((child) => ({ node: child, added: [] }));
      return elementText(element.tagName, [...own, ...more, ...attributes].join(''), children, layout);
    }
    case ATTRIBUTE:
      return attributeText((node as Attr).name, (node as Attr).value);
    case TEXT:
      return escapeText(node.nodeValue ?? '');
    case CDATA:
      return `<![CDATA[${node.nodeValue}]]>`;
    case COMMENT:
      return `<!--${node.nodeValue}-->`;
    case INSTRUCTION:
      return `<?${node.nodeName}${node.nodeValue ? ` ${node.nodeValue}` : ''}?>`;
    case DOCUMENT: {
      const children = [...node.childNodes].filter((child) => child.nodeName !== 'xml');
      const lines = children.map((child) => `${serializeXml(child)}\n`);
      return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join('')}`;
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
  const attributes = new Map<string, string>();
  const children: Child[] = [];
  for (const node of nodes) {
    if (node.nodeType === ATTRIBUTE) {
      const { localName, name: full, value } = node as Attr;
      attributes.delete(localName ?? full);
      attributes.set(localName ?? full, value);
    } else {
      children.push({ node, added: node.nodeType === ELEMENT ? missingDeclarations(node as Element) : [] });
    }
  }
  const text = [...attributes].map(([attribute, value]) => attributeText(attribute, value)).join('');
  return elementText(name, text, children, '');
}

type Declaration = readonly [name: string, uri: string];

interface Child {
  readonly node: Node;
  readonly added: readonly Declaration[];
}

function elementText(
  name: string,
  attributes: string,
  children: readonly Child[],
  layout: string | undefined,
): string {
  const head = `<${name}${attributes}`;
  if (children.length === 0) return `${head}/>`;
  if (layout === undefined || children.some(({ node }) => isText(node))) {
    const texts = children.map(({ node, added }) => serializeXml(node, undefined, added));
    return `${head}>${texts.join('')}</${name}>`;
  }
  const inner = `${layout}  `;
  // A whole document inside an element is not indented: libxml2 prints it as one on its own.
  const lines = children.map(({ node, added }) =>
    node.nodeType === DOCUMENT ? serializeXml(node) : `${inner}${serializeXml(node, inner, added)}`,
  );
  return `${head}>\n${lines.map((line) => `${line}\n`).join('')}${layout}</${name}>`;
}

/** The namespaces that are used in an element and declared outside it, in the order of their use. */
function missingDeclarations(top: Element): Declaration[] {
  const missing = new Map<string, string>();
  const visit = (element: Element, outer: ReadonlySet<string>): void => {
    const known = new Set(outer);
    for (const { name } of declarations.get(element) ?? []) known.add(name);
    for (const { prefix, namespaceURI } of [element, ...element.attributes]) {
      const name = prefix ? `xmlns:${prefix}` : 'xmlns';
      if (namespaceURI && prefix !== 'xml' && !known.has(name)) missing.set(name, namespaceURI);
    }
    for (const child of element.childNodes) {
      if (child.nodeType === ELEMENT) visit(child as Element, known);
    }
  };
  visit(top, new Set());
  return [...missing];
}

const isDeclaration = ({ name }: Attr): boolean => name === 'xmlns' || name.startsWith('xmlns:');

const attributeText = (name: string, value: string): string => ` ${name}="${escapeAttribute(value)}"`;

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
