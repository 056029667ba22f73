import type { Element } from '@xmldom/xmldom';
import type { Domain } from '../hypervisor/index.js';
import { orFail } from './errors.js';
import { parseXml } from './xml-elements.js';

/**
 * A domain's configuration.
 * @param flags VIR_DOMAIN_XML_*.
 * @returns its `domain` element.
 * @throws CommandError in virsh's words: it can't be had or is not XML.
 */
export async function domainDocument(domain: Domain, flags = 0): Promise<Element> {
  const xml = await orFail('Failed to get domain description xml', domain.getXMLDesc(flags));
  return orFail("Couldn't parse domain description xml", parseXml(xml));
}
