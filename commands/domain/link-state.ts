import type { Element } from '@xmldom/xmldom';
import { CommandError, elementsAt, elementText, parseXml } from '../../src/shell/index.js';

const macAddress = /^[\da-f]{1,2}([:-])(?:[\da-f]{1,2}\1){4}[\da-f]{1,2}$/i;

/**
 * The <interface> of a domain's XML with its link up or down.
 * @param name MAC address or target device.
 * @throws CommandError in virsh's words.
 */
export async function withLinkState(xml: string, name: string, state: 'up' | 'down'): Promise<string> {
  const interfaces = elementsAt(await parseXml(xml), 'devices', 'interface');
  if (interfaces.length === 0) {
    throw new CommandError('Failed to extract interface information or no interfaces found');
  }
  const [kind, attribute] = macAddress.test(name) ? ['mac', 'address'] : ['target', 'dev'];
  const matches = (element: Element): boolean =>
    elementsAt(element, kind).some(
      (child) => child.getAttribute(attribute)?.toLowerCase() === name.toLowerCase(),
    );
  const found = interfaces.find(matches);
  if (!found) throw new CommandError(`interface '${name}' not found`);
  let [link] = elementsAt(found, 'link');
  if (!link) {
    link = found.ownerDocument?.createElement('link');
    if (!link) throw new CommandError('Failed to create or modify the state XML attribute');
    found.appendChild(link);
  }
  link.setAttribute('state', state);
  return elementText(found);
}
