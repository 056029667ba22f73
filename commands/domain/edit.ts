import {
  VIR_DOMAIN_DEFINE_VALIDATE,
  VIR_DOMAIN_XML_INACTIVE,
  VIR_DOMAIN_XML_SECURE,
  VIR_ERR_NO_SUPPORT,
} from '../../src/hypervisor/constants.js';
import { type Connection, type Domain, HypervisorError } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, domainOption, editXml } from '../../src/shell/index.js';

export default defineCommand({
  name: 'edit',
  group: 'domain',
  summary: 'edit XML configuration for a domain',
  description: 'Edit the XML configuration for a domain.',
  manual: [
    'Opens the configuration that counts from the next start in the editor that VISUAL or EDITOR names. The hypervisor checks what comes back before it replaces anything. On a terminal, a refused text can be edited again as it was left; elsewhere the command fails and nothing is changed.',
  ],
  options: [
    domainOption(),
    { name: 'skip-validate', type: 'flag', help: 'skip validation of the XML against the schema' },
  ],
  async run(context, args) {
    const { connection } = context;
    const domain = await domainOf(context, args);
    let name = domain.name;
    const changed = await editXml(context, {
      read: () => domain.getXMLDesc(VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE),
      validated: !args.flag('skip-validate'),
      replace: async (xml, validate) => {
        name = (await define(connection, xml, validate)).name;
      },
    });
    context.output.extra(
      changed
        ? `Domain '${name}' XML configuration edited.\n`
        : `Domain '${name}' XML configuration not changed.\n`,
    );
  },
});

/** Defines the domain anew; a hypervisor that can't validate does without. */
async function define(connection: Connection, xml: string, validate: boolean): Promise<Domain> {
  if (!validate) return connection.domainDefineXML(xml);
  try {
    return await connection.domainDefineXMLFlags(xml, VIR_DOMAIN_DEFINE_VALIDATE);
  } catch (error) {
    if (!(error instanceof HypervisorError) || error.code !== VIR_ERR_NO_SUPPORT) throw error;
    return connection.domainDefineXML(xml);
  }
}
