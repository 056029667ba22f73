import { VIR_INTERFACE_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'iface-define',
  group: 'interface',
  summary:
    'define an inactive persistent physical host interface or modify an existing persistent one from an XML file',
  description: 'Define or modify a persistent physical host interface.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML interface description',
    },
    {
      name: 'validate',
      type: 'flag',
      bit: VIR_INTERFACE_DEFINE_VALIDATE,
      help: 'validate the XML against the schema',
    },
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const made = await orFail(
      `Failed to define interface from ${file}`,
      context.connection.interfaceDefineXML(xml, args.bits()),
    );
    context.emit({ name: made.name });
    context.output.extra(`Interface ${made.name} defined from ${file}\n`);
  },
});
