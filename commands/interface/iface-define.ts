import { VIR_INTERFACE_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'iface-define',
  group: 'interface',
  summary:
    'define an inactive persistent physical host interface or modify an existing persistent one from an XML file',
  description: 'Define or modify a persistent physical host interface.',
  options: [xmlFileOption('an XML interface description'), validateOption(VIR_INTERFACE_DEFINE_VALIDATE)],
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
