import { VIR_DOMAIN_SAVE_PAUSED, VIR_DOMAIN_SAVE_RUNNING } from '../../src/hypervisor/constants.js';
import {
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  orFail,
  readTextFile,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave-define',
  group: 'domain',
  summary: "redefine the XML for a domain's managed save state file",
  description: 'Replace the domain XML associated with a managed save state file',
  manual: [
    'Only what the host sees may differ from the configuration that was saved, such as paths of disks: the guest goes on with the devices that it has.',
  ],
  options: [
    domainOption('domain-with-managed-save'),
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
      help: 'set domain to be running on start',
    },
    { name: 'paused', type: 'flag', bit: VIR_DOMAIN_SAVE_PAUSED, help: 'set domain to be paused on start' },
  ],
  rules: [exclusive('running', 'paused')],
  async run(context, args) {
    const xml = await readTextFile(args.text('xml'));
    const domain = await domainOf(context, args);
    await orFail(
      `Failed to update ${domain.name} XML configuration`,
      domain.managedSaveDefineXML(xml, args.bits()),
    );
    context.output.extra(`Managed save state file of domain '${domain.name}' updated.\n`);
  },
});
