import {
  VIR_DOMAIN_SAVE_IMAGE_XML_SECURE,
  VIR_DOMAIN_SAVE_PAUSED,
  VIR_DOMAIN_SAVE_RUNNING,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, editXml, exclusive } from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave-edit',
  group: 'domain',
  summary: "edit XML for a domain's managed save state file",
  description: 'Edit the domain XML associated with the managed save state file',
  manual: [
    'Opens the configuration that the managed save holds in the editor that VISUAL or EDITOR names. Only what the host sees may be changed, such as paths of disks: the guest goes on with the devices that it has. With --running or --paused the choice takes effect even if the text stays as it is.',
  ],
  options: [
    domainOption('domain-with-managed-save'),
    {
      name: 'running',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_RUNNING,
      help: 'set domain to be running on start',
    },
    { name: 'paused', type: 'flag', bit: VIR_DOMAIN_SAVE_PAUSED, help: 'set domain to be paused on start' },
  ],
  rules: [exclusive('running', 'paused')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const edited = await editXml(context, {
      read: () => domain.managedSaveGetXMLDesc(VIR_DOMAIN_SAVE_IMAGE_XML_SECURE),
      replace: (xml) => domain.managedSaveDefineXML(xml, args.bits()),
      always: args.bits() !== 0,
    });
    context.output.extra(
      edited
        ? `Managed save image of Domain '${domain.name}' XML configuration edited.\n`
        : `Managed save image of domain '${domain.name}' XML configuration not changed.\n`,
    );
  },
});
