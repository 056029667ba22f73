import { VIR_NODE_DEVICE_DEFINE_XML_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodedev-define',
  group: 'nodedev',
  summary: 'Define a device by an xml file on a node',
  description:
    'Defines a persistent device on the node that can be assigned to a domain. The device must be started before it can be assigned to a domain.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML description of the device',
    },
    {
      name: 'validate',
      type: 'flag',
      bit: VIR_NODE_DEVICE_DEFINE_XML_VALIDATE,
      help: 'validate the XML against the schema',
    },
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const { name } = await orFail(
      `Failed to define node device from '${file}'`,
      context.connection.nodeDeviceDefineXML(xml, args.bits()),
    );
    context.emit({ name });
    context.output.extra(`Node device '${name}' defined from '${file}'\n`);
  },
});
