import { VIR_NETWORK_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'net-define',
  group: 'network',
  summary:
    'define an inactive persistent virtual network or modify an existing persistent one from an XML file',
  description: 'Define or modify a persistent virtual network.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML network description',
    },
    {
      name: 'validate',
      type: 'flag',
      bit: VIR_NETWORK_DEFINE_VALIDATE,
      help: 'validate the XML against the schema',
    },
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const made = await orFail(
      `Failed to define network from ${file}`,
      context.connection.networkDefineXML(xml, args.bits()),
    );
    context.emit({ name: made.name });
    context.output.extra(`Network ${made.name} defined from ${file}\n`);
  },
});
