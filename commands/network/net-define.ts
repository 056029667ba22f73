import { VIR_NETWORK_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'net-define',
  group: 'network',
  summary:
    'define an inactive persistent virtual network or modify an existing persistent one from an XML file',
  description: 'Define or modify a persistent virtual network.',
  options: [xmlFileOption('an XML network description'), validateOption(VIR_NETWORK_DEFINE_VALIDATE)],
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
