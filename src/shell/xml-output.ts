import { CommandError } from './errors.js';

interface XmlOutputOptions {
  /** Print only the nodes that this XPath 1.0 expression selects. */
  readonly xpath?: string | undefined;
  /** Put the selected nodes into one `<nodes>` element. */
  readonly wrap?: boolean;
}

/**
 * XML as the dumpxml commands print it: the whole document, or the nodes an expression selects, each on lines
 * of its own.
 * @throws CommandError the expression is malformed or selects no nodes but a number, string or boolean.
 */
export async function xmlOutput(xml: string, { xpath, wrap = false }: XmlOutputOptions): Promise<string> {
  if (xpath === undefined) return xml;
  const [{ DOMParser, XMLSerializer }, { default: xpathModule }] = await Promise.all([
    import('@xmldom/xmldom'),
    import('xpath'),
  ]);
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  let selected: unknown;
  try {
    selected = xpathModule
      .parse(xpath)
      .select({ node: document as unknown as Node, allowAnyNamespaceForNoPrefix: false });
  } catch {
    throw new CommandError(`internal error: Incorrect xpath '${xpath}'`);
  }
  if (!Array.isArray(selected)) throw new CommandError(`internal error: Incorrect xpath '${xpath}'`);
  const serializer = new XMLSerializer();
  const texts = (selected as Node[]).map((node) => {
    const text = serializer.serializeToString(node as never);
    return node.nodeType === ATTRIBUTE_NODE ? ` ${text.trim()}` : outdent(node, text);
  });
  if (!wrap)
    return texts
      .map((text) => `${text}\n`)
      .join('')
      .replace(/\n$/, '');
  if (texts.length === 0) return '<nodes/>';
  return `<nodes>\n${texts.map((text) => `${indent(text)}\n`).join('')}</nodes>`;
}

const ATTRIBUTE_NODE = 2;

/** Takes away the depth that a node has in its document, so that it starts at the left margin. */
function outdent(node: Node, text: string): string {
  let depth = 0;
  for (let parent = node.parentNode; parent && parent.nodeType !== 9; parent = parent.parentNode) depth += 1;
  const margin = new RegExp(`\\n {0,${depth * 2}}`, 'g');
  return depth === 0 ? text : text.replace(margin, '\n');
}

const indent = (text: string): string => text.replace(/^/gm, '  ');
