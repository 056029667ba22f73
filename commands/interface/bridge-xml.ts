import type { Element } from '@xmldom/xmldom';
import { CommandError, elementsAt, elementText, parseXml } from '../../src/shell/index.js';

/** What belongs to the device itself, wherever it is in the description. */
const own = ['mac', 'bond', 'vlan'];

const moveOwn = (from: Element, to: Element): void => {
  for (const child of own.flatMap((name) => elementsAt(from, name))) to.appendChild(child);
};

const expectName = (root: Element, name: string): void => {
  const found = root.getAttribute('name');
  if (found !== name)
    throw new CommandError(`Interface name from config ${found} doesn't match given supplied name ${name}`);
};

const typeOf = (element: Element, name: string): string => {
  const type = element.getAttribute('type');
  if (!type) throw new CommandError(`Existing device ${name} has no type`);
  return type;
};

/** The description of a host interface as a bridge's only port. @throws CommandError in virsh's words. */
export async function bridgedXml(
  xml: string,
  {
    name,
    bridge,
    stp,
    delay,
  }: { readonly name: string; readonly bridge: string; readonly stp: boolean; readonly delay: number },
): Promise<string> {
  const root = await parseXml(xml);
  const type = typeOf(root, name);
  if (type === 'bridge') throw new CommandError(`Existing device ${name} is already a bridge`);
  expectName(root, name);
  const document = root.ownerDocument;
  if (!document) throw new Error('an element without a document');
  const around = document.createElement('bridge');
  around.setAttribute('stp', stp ? 'on' : 'off');
  if (stp) around.setAttribute('delay', String(delay));
  const inner = document.createElement('interface');
  inner.setAttribute('type', type);
  inner.setAttribute('name', name);
  moveOwn(root, inner);
  around.appendChild(inner);
  root.appendChild(around);
  root.setAttribute('type', 'bridge');
  root.setAttribute('name', bridge);
  return elementText(root);
}

/** The description of a bridge's only port without the bridge. @throws CommandError in virsh's words. */
export async function unbridgedXml(xml: string, bridge: string): Promise<{ name: string; xml: string }> {
  const root = await parseXml(xml);
  if (typeOf(root, bridge) !== 'bridge') throw new CommandError(`Device ${bridge} is not a bridge`);
  expectName(root, bridge);
  const [around] = elementsAt(root, 'bridge');
  if (!around) throw new CommandError('No bridge node in xml document');
  const ports = elementsAt(around, 'interface');
  if (ports.length > 1) throw new CommandError('Multiple interfaces attached to bridge');
  const [port] = ports;
  if (!port) throw new CommandError('No interface attached to bridge');
  const name = port.getAttribute('name');
  if (!name) throw new CommandError(`Device attached to bridge ${bridge} has no name`);
  const type = port.getAttribute('type');
  if (!type) throw new CommandError(`Attached device ${name} has no type`);
  root.setAttribute('type', type);
  root.setAttribute('name', name);
  moveOwn(port, root);
  return { name, xml: await elementText(root) };
}
