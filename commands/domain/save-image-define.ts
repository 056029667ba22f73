import { VIR_DOMAIN_SAVE_PAUSED, VIR_DOMAIN_SAVE_RUNNING } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'save-image-define',
  group: 'domain',
  summary: "redefine the XML for a domain's saved state file",
  description: 'Replace the domain XML associated with a saved state file',
  manual: [
    'Only what the host sees may differ from the configuration that was saved, such as paths of disks: the guest goes on with the devices that it has.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'saved state file to modify' },
    {
      name: 'xml',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    {
      name: 'running',
      type: 'flag',
      bit: VIR_DOMAIN_SAVE_RUNNING,
      help: 'set domain to be running on restore',
    },
    { name: 'paused', type: 'flag', bit: VIR_DOMAIN_SAVE_PAUSED, help: 'set domain to be paused on restore' },
  ],
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(args.text('xml'));
    await orFail(
      `Failed to update ${file}`,
      context.connection.domainSaveImageDefineXML(file, xml, args.bits()),
    );
    context.output.extra(`State file ${file} updated.\n`);
  },
});
