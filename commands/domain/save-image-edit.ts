import {
  VIR_DOMAIN_SAVE_IMAGE_XML_SECURE,
  VIR_DOMAIN_SAVE_PAUSED,
  VIR_DOMAIN_SAVE_RUNNING,
} from '../../src/hypervisor/constants.js';
import { defineCommand, editXml, exclusive } from '../../src/shell/index.js';

export default defineCommand({
  name: 'save-image-edit',
  group: 'domain',
  summary: "edit XML for a domain's saved state file",
  description: 'Edit the domain XML associated with a saved state file',
  manual: [
    'Opens the configuration that a saved state holds in the editor that VISUAL or EDITOR names. Only what the host sees may be changed, such as paths of disks: the guest goes on with the devices that it has. With --running or --paused the choice takes effect even if the text stays as it is.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'saved state file to edit' },
    {
      name: 'running',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_RUNNING,
      help: 'set domain to be running on restore',
    },
    { name: 'paused', type: 'flag', bit: VIR_DOMAIN_SAVE_PAUSED, help: 'set domain to be paused on restore' },
  ],
  rules: [exclusive('running', 'paused')],
  async run(context, args) {
    const { connection } = context;
    const file = args.text('file');
    const edited = await editXml(context, {
      read: () => connection.domainSaveImageGetXMLDesc(file, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE),
      replace: (xml) => connection.domainSaveImageDefineXML(file, xml, args.bits()),
      always: args.bits() !== 0,
    });
    context.output.extra(
      edited ? `State file ${file} edited.\n` : `Saved image ${file} XML configuration not changed.\n`,
    );
  },
});
