import {
  VIR_DOMAIN_METADATA_DESCRIPTION,
  VIR_DOMAIN_METADATA_TITLE,
  VIR_ERR_NO_DOMAIN_METADATA,
  VIR_ERR_NO_SUPPORT,
} from '../hypervisor/constants.js';
import { type Domain, HypervisorError } from '../hypervisor/index.js';

/**
 * A domain's title or description, empty if it has none. A hypervisor without metadata functions is asked for
 * the whole configuration.
 * @param flags VIR_DOMAIN_AFFECT_*; for the whole configuration, VIR_DOMAIN_XML_*, as virsh passes them.
 */
export async function domainDescription(
  domain: Domain,
  what: 'title' | 'description',
  flags = 0,
): Promise<string> {
  const type = what === 'title' ? VIR_DOMAIN_METADATA_TITLE : VIR_DOMAIN_METADATA_DESCRIPTION;
  try {
    return await domain.getMetadata(type, null, flags);
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    if (error.code === VIR_ERR_NO_DOMAIN_METADATA) return '';
    if (error.code !== VIR_ERR_NO_SUPPORT) throw error;
  }
  const [{ domainDocument }, { textAt }] = await Promise.all([
    import('./domain-document.js'),
    import('./xml-elements.js'),
  ]);
  return textAt(await domainDocument(domain, flags), what);
}
