import type { Element } from '@xmldom/xmldom';
import { type Connection, HypervisorError } from '../../src/hypervisor/index.js';
import { CommandError, elementsAt, parseXml, readTextFile, XmlProblem } from '../../src/shell/index.js';

/**
 * The CPU definitions in a file: `cpu` elements as such, or those of domains, of host capabilities, and the
 * host-model of domain capabilities.
 * @returns one XML text each, at least one.
 * @throws CommandError the file can't be read, is not XML or has none.
 */
export async function cpuDefinitions(connection: Connection, path: string): Promise<string[]> {
  const text = await readTextFile(path);
  // Several definitions one after the other are no document, so they are put into an element of their own.
  const body = text.startsWith('<?xml') ? text.slice(text.indexOf('?>') + 2) : text;
  const document = `<container>${body}</container>`;
  let container: Element;
  try {
    container = await parseXml(document);
  } catch (error) {
    if (!(error instanceof XmlProblem)) throw error;
    throw new CommandError(
      (await libvirtsWords(connection, document, path)) ?? `${path}:${error.line ?? 1}: ${error.message}`,
    );
  }
  const { XMLSerializer } = await import('../../src/shell/xml-library.js');
  const serializer = new XMLSerializer();
  const definitions = Array.from(container.childNodes).flatMap((node) => {
    if (node.nodeType !== container.nodeType) return [];
    const element = node as Element;
    return definitionsIn(element).map((each) => serializer.serializeToString(each));
  });
  if (definitions.length === 0) {
    throw new CommandError(
      `File '${path}' does not contain any <cpu> element or valid domain XML, host capabilities XML, or ` +
        'domain capabilities XML',
    );
  }
  return definitions;
}

/** What libvirt's parser, which virsh has within itself, says of a document that is none: with the place marked. */
async function libvirtsWords(
  connection: Connection,
  document: string,
  path: string,
): Promise<string | undefined> {
  const problem = await connection.baselineCPU([document]).then(
    () => undefined,
    (error: unknown) => (error instanceof HypervisorError ? error.message : undefined),
  );
  const [, words] = /^\(CPU_definition\)(:\d+: .*)$/s.exec(problem ?? '') ?? [];
  return words === undefined ? undefined : `${path}${words}`;
}

function definitionsIn(element: Element): Element[] {
  switch (element.nodeName) {
    case 'cpu':
      return [element];
    case 'domain':
      return elementsAt(element, 'cpu');
    case 'capabilities':
      return elementsAt(element, 'host', 'cpu');
    case 'domainCapabilities':
      return elementsAt(element, 'cpu', 'mode')
        .filter(
          (mode) => mode.getAttribute('name') === 'host-model' && mode.getAttribute('supported') === 'yes',
        )
        .map(asDefinition);
    default:
      return [];
  }
}

/** A CPU mode of domain capabilities has what a definition has, under another name and with attributes of its own. */
function asDefinition(mode: Element): Element {
  const cpu = mode.ownerDocument?.createElement('cpu');
  if (!cpu) throw new CommandError('Cannot extract CPU definition from domain capabilities XML');
  for (const child of Array.from(mode.childNodes)) cpu.appendChild(child.cloneNode(true));
  return cpu;
}
