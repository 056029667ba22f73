import type { Node } from '@xmldom/xmldom';
import type { Context } from './context.js';
import { CommandError, SilentFailure } from './errors.js';
import type { JsonShape } from './json-shape.js';
import { checkXPath, XPathProblem } from './xpath-syntax.js';

export interface XmlOutputOptions {
  /** Print only the nodes that this XPath 1.0 expression selects. */
  readonly xpath?: string | undefined;
  /** Put the selected nodes into one `<nodes>` element. */
  readonly wrap?: boolean;
}

/** What `printXml` emits for `--json`: the whole document, or the selected nodes, each as text. */
export const xmlJson: JsonShape = {
  oneOf: [{ object: { xml: 'string' } }, { object: { nodes: { list: 'string' } } }],
};

/**
 * Prints XML as the dumpxml commands do: the whole document as the hypervisor gave it, or the nodes that an
 * expression selects, each formatted anew and on lines of its own. An expression that libxml2 rejects is told
 * on standard error and is no failure, as in virsh.
 * @throws CommandError the expression is fine but selects a number, string or boolean.
 * @throws SilentFailure the expression is empty, of which virsh says nothing.
 */
export async function printXml(context: Context, xml: string, options: XmlOutputOptions = {}): Promise<void> {
  const { xpath, wrap = false } = options;
  const { output } = context;
  if (xpath === undefined) {
    output.print(xml);
    context.emit({ xml });
    return;
  }
  if (xpath === '') throw new SilentFailure('empty expression');
  try {
    const { serializeWrapped, serializeXml } = await import('./xml-serialize.js');
    const nodes = await select(xml, xpath);
    const texts = nodes.map((node) => serializeXml(node));
    output.print(wrap ? `${serializeWrapped('nodes', nodes)}\n` : texts.map((text) => `${text}\n`).join(''));
    context.emit({ nodes: texts });
  } catch (error) {
    if (!(error instanceof XPathProblem)) throw error;
    output.notice(problemText(error, xpath));
    context.emit({ nodes: [] });
  }
}

interface XPathParser {
  parse(expression: string): {
    evaluate(options: { node: Node | null; namespaces: Record<string, string> }): { toArray?: () => Node[] };
  };
}

/** Evaluates an expression from the root element on, with no namespace prefix known, as libvirt does. */
async function select(xml: string, xpath: string): Promise<Node[]> {
  const [{ DOMParser }, { default: xpathModule }, { dropLayout, setDeclarationsAside }] = await Promise.all([
    import('./xml-library.js'),
    import('xpath'),
    import('./xml-serialize.js'),
  ]);
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  dropLayout(document);
  if (document.documentElement) setDeclarationsAside(document.documentElement);
  checkXPath(xpath);
  // The package's types lack its expression objects, and know no nodes but the browser's.
  const { parse } = xpathModule as unknown as XPathParser;
  let selected: { toArray?: () => Node[] };
  try {
    selected = parse(xpath).evaluate({ node: document.documentElement, namespaces: {} });
  } catch (error) {
    throw evaluationProblem(error);
  }
  if (!selected.toArray) throw new CommandError(`internal error: Incorrect xpath '${xpath}'`);
  return selected.toArray();
}

/** libxml2's message for what the evaluating package says. */
function evaluationProblem(error: unknown): XPathProblem {
  const text = error instanceof Error ? error.message : String(error);
  const unknown = /^Unknown function (.*)$/.exec(text)?.[1];
  if (unknown !== undefined) {
    return new XPathProblem(
      `xmlXPathCompOpEval: function ${unknown} not found\nXPath error : Unregistered function`,
    );
  }
  if (text.startsWith('Cannot resolve QName')) return new XPathProblem('Undefined namespace prefix');
  if (text.includes('Undeclared variable')) return new XPathProblem('Undefined variable');
  if (/^Function .* expects /.test(text)) return new XPathProblem('Invalid number of arguments');
  if (/nodeset/.test(text)) return new XPathProblem('Invalid type');
  return new XPathProblem('Invalid expression');
}

/** What libxml2 prints: the message, and if the place is inside the expression, the place. */
function problemText({ message, at }: XPathProblem, xpath: string): string {
  const headline = message.includes('XPath error') ? message : `XPath error : ${message}`;
  if (at === undefined || at >= xpath.length || at >= 100) return headline;
  return `${headline}\n${xpath}\n${' '.repeat(at)}^`;
}
