import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { childElements } from '../block/xml-document.js';
import { VIR_ERR_XML_ERROR, VIR_FROM_DOMAIN } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';

/** The first element of a path of children. */
export function elementAt(root: Element, ...path: string[]): Element | undefined {
  let found: Element | undefined = root;
  for (const name of path) found = found && childElements(found, name)[0];
  return found;
}

/** An attribute of an element of a path of children; undefined if it isn't there or is empty. */
export const attributeOf = (root: Element, name: string, ...path: string[]): string | undefined =>
  elementAt(root, ...path)?.getAttribute(name) || undefined;

export const textOf = (root: Element, ...path: string[]): string | undefined =>
  elementAt(root, ...path)?.textContent?.trim() || undefined;

/** What libvirt says of XML that it cannot read. */
export const xmlError = (reason: string): HypervisorError =>
  new HypervisorError(`XML error: ${reason}`, { code: VIR_ERR_XML_ERROR, domain: VIR_FROM_DOMAIN });

/** @throws HypervisorError there is something of which nothing would come: it is never left out in silence. */
export function refuseUnknown(root: Element, ...known: string[]): void {
  const names = new Set([...known, 'alias', 'address']);
  const unknown = Array.from(root.childNodes).find(
    ({ nodeType, nodeName }) => nodeType === 1 && !names.has(nodeName),
  );
  if (!unknown) return;
  throw refusal('configuration', `<${unknown.nodeName}> of <${root.nodeName}> is not possible here`);
}

const kibi: Readonly<Record<string, bigint>> = { b: 1n, bytes: 1n, byte: 1n, kib: 2n ** 10n, k: 2n ** 10n };
const units: Readonly<Record<string, bigint>> = {
  ...kibi,
  ...{ m: 2n ** 20n, mib: 2n ** 20n, g: 2n ** 30n, gib: 2n ** 30n, t: 2n ** 40n, tib: 2n ** 40n },
  ...{ kb: 1000n, mb: 1000n ** 2n, gb: 1000n ** 3n, tb: 1000n ** 4n },
};

/** Bytes of a <size unit=''>, KiB without a unit; undefined if there is no such element. @throws HypervisorError */
export function sizeOf(root: Element, ...path: string[]): bigint | undefined {
  const element = elementAt(root, ...path);
  const text = element?.textContent?.trim();
  if (!element || !text) return undefined;
  const unit = units[(element.getAttribute('unit') || 'KiB').toLowerCase()];
  if (unit === undefined) throw refusal('invalid', `unknown suffix '${element.getAttribute('unit')}'`);
  if (!/^\d+$/.test(text))
    throw xmlError(`Invalid value '${text}' for element or attribute './${path.at(-1)}'`);
  return BigInt(text) * unit;
}
