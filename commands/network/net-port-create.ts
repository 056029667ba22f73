import { VIR_NETWORK_PORT_CREATE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-port-create',
  group: 'network',
  summary: 'create a network port from an XML file',
  description: 'Create a network port.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML network port description',
    },
    {
      name: 'validate',
      type: 'flag',
      bit: VIR_NETWORK_PORT_CREATE_VALIDATE,
      help: 'validate the XML against the schema',
    },
  ],
  json: { object: { uuid: 'string' } },
  async run(context, args) {
    const network = await networkOf(context, args);
    const file = args.text('file');
    const xml = await readTextFile(file);
    const { uuid } = await orFail(
      `Failed to create network from ${file}`,
      network.portCreateXML(xml, args.bits()),
    );
    context.emit({ uuid });
    context.output.extra(`Network port ${uuid} created from ${file}\n`);
  },
});
