import { VIR_NETWORK_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, editXml } from '../../src/shell/index.js';
import { inactiveXml } from '../shell/inactive-xml.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-edit',
  group: 'network',
  summary: 'edit XML configuration for a network',
  description: 'Edit the XML configuration for a network.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
  ],
  json: { object: { name: 'string', changed: 'boolean' } },
  async run(context, args) {
    const found = await networkOf(context, args);
    let { name } = found;
    const changed = await editXml(context, {
      read: () => inactiveXml(found, VIR_NETWORK_XML_INACTIVE),
      replace: async (xml) => {
        name = (await context.connection.networkDefineXML(xml)).name;
      },
    });
    context.emit({ name, changed });
    context.output.extra(`Network ${name} XML configuration ${changed ? 'edited' : 'not changed'}.\n`);
  },
});
