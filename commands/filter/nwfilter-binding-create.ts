import { VIR_NWFILTER_BINDING_CREATE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nwfilter-binding-create',
  group: 'filter',
  summary: 'create a network filter binding from an XML file',
  description: 'Create a new network filter binding.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML network filter binding description',
    },
    {
      name: 'validate',
      type: 'flag',
      bit: VIR_NWFILTER_BINDING_CREATE_VALIDATE,
      help: 'validate the XML against the schema',
    },
  ],
  json: { object: { portDev: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const { portDev } = await orFail(
      `Failed to create network filter from ${file}`,
      context.connection.nwfilterBindingCreateXML(xml, args.bits()),
    );
    context.emit({ portDev });
    context.output.extra(`Network filter binding on ${portDev} created from ${file}\n`);
  },
});
