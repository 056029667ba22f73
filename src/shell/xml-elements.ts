import type { Element, Node } from '@xmldom/xmldom';

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

/** Text is not well-formed XML; the message says what is wrong. */
export class XmlProblem extends Error {
  override readonly name = 'XmlProblem';
  /** Counted from 1; undefined if it is about the whole text. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/** Parses a document. @returns its root element. @throws XmlProblem */
export async function parseXml(xml: string): Promise<Element> {
  const { DOMParser } = await import('./xml-library.js');
  let problem: XmlProblem | undefined;
  const parser = new DOMParser({
    onError: (level, message, context: { locator?: { lineNumber?: number } } | undefined) => {
      if (level !== 'warning') problem ??= new XmlProblem(message, context?.locator?.lineNumber);
    },
  });
  let root: Element | null = null;
  try {
    root = parser.parseFromString(xml, 'text/xml').documentElement;
  } catch (error) {
    problem ??= new XmlProblem(error instanceof Error ? error.message : String(error));
  }
  if (problem) throw problem;
  if (!root) throw new XmlProblem('no root element');
  return root;
}
