import { VIR_NODE_DEVICE_CREATE_XML_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodedev-create',
  group: 'nodedev',
  summary: 'create a device defined by an XML file on the node',
  description:
    'Create a device on the node.  Note that this command creates devices on the physical host that can then be assigned to a virtual machine.',
  options: [
    xmlFileOption('an XML description of the device'),
    validateOption(VIR_NODE_DEVICE_CREATE_XML_VALIDATE),
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const made = await orFail(
      `Failed to create node device from ${file}`,
      context.connection.nodeDeviceCreateXML(xml, args.bits()),
    );
    context.emit({ name: made.name });
    context.output.extra(`Node device ${made.name} created from ${file}\n`);
  },
});
