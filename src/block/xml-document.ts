import { DOMParser, type Element } from '@xmldom/xmldom';
import { VIR_ERR_XML_DETAIL, VIR_ERR_XML_ERROR, VIR_FROM_QEMU } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';

/**
 * The root of a document.
 * @param what libvirt calls such a document in its messages.
 * @throws HypervisorError in libvirt's words.
 */
export function parseRoot(xml: string, name: string, what: string): Element {
  const refuse = (code: number, text: string): HypervisorError =>
    new HypervisorError(text, { code, domain: VIR_FROM_QEMU });
  const parser = new DOMParser({
    onError: (level, message) => {
      if (level !== 'warning') throw new Error(message);
    },
  });
  let root: Element | null;
  try {
    root = parser.parseFromString(xml, 'text/xml').documentElement;
  } catch (error) {
    throw refuse(VIR_ERR_XML_DETAIL, `(${what}): ${(error as Error).message.split('\n')[0]}`);
  }
  if (root?.nodeName === name) return root;
  throw refuse(
    VIR_ERR_XML_ERROR,
    `XML error: unexpected root element <${root?.nodeName}>, expecting <${name}>`,
  );
}

export const childElements = (parent: Element, name: string): Element[] =>
  Array.from(parent.childNodes).filter((node): node is Element => node.nodeName === name);

/** The text of a child; undefined if there is none or it is empty. */
export const childText = (parent: Element, name: string): string | undefined =>
  childElements(parent, name)[0]?.textContent || undefined;
