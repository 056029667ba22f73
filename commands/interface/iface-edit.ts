import { VIR_INTERFACE_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, editXml } from '../../src/shell/index.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-edit',
  group: 'interface',
  summary: 'edit XML configuration for a physical host interface',
  description: 'Edit the XML configuration for a physical host interface.',
  options: [
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'host-interface',
      help: 'interface name or MAC address',
    },
  ],
  json: { object: { name: 'string', changed: 'boolean' } },
  async run(context, args) {
    const found = await hostInterfaceOf(context, args);
    let { name } = found;
    const changed = await editXml(context, {
      read: () => found.getXMLDesc(VIR_INTERFACE_XML_INACTIVE),
      replace: async (xml) => {
        name = (await context.connection.interfaceDefineXML(xml)).name;
      },
    });
    context.emit({ name, changed });
    context.output.extra(`Interface ${name} XML configuration ${changed ? 'edited' : 'not changed'}.\n`);
  },
});
