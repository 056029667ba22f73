import { defineCommand, editXml } from '../../src/shell/index.js';
import { filterOf } from './filter-option.js';

export default defineCommand({
  name: 'nwfilter-edit',
  group: 'filter',
  summary: 'edit XML configuration for a network filter',
  description: 'Edit the XML configuration for a network filter.',
  options: [
    {
      name: 'nwfilter',
      type: 'string',
      required: true,
      completer: 'network-filter',
      help: 'network filter name or uuid',
    },
  ],
  json: { object: { name: 'string', changed: 'boolean' } },
  async run(context, args) {
    const found = await filterOf(context, args);
    let { name } = found;
    const changed = await editXml(context, {
      read: () => found.getXMLDesc(),
      replace: async (xml) => {
        name = (await context.connection.nwfilterDefineXML(xml)).name;
      },
    });
    context.emit({ name, changed });
    context.output.extra(`Network filter ${name} XML configuration ${changed ? 'edited' : 'not changed'}.\n`);
  },
});
