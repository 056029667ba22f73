import { VIR_STORAGE_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, editXml } from '../../src/shell/index.js';
import { inactiveXml } from '../shell/inactive-xml.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-edit',
  group: 'pool',
  summary: 'edit XML configuration for a storage pool',
  description: 'Edit the XML configuration for a storage pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
  ],
  json: { object: { name: 'string', changed: 'boolean' } },
  async run(context, args) {
    const found = await poolOf(context, args);
    let { name } = found;
    const changed = await editXml(context, {
      read: () => inactiveXml(found, VIR_STORAGE_XML_INACTIVE),
      replace: async (xml) => {
        name = (await context.connection.storagePoolDefineXML(xml)).name;
      },
    });
    context.emit({ name, changed });
    context.output.extra(`Pool ${name} XML configuration ${changed ? 'edited' : 'not changed'}.\n`);
  },
});
