import { VIR_NETWORK_CREATE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'net-create',
  group: 'network',
  summary: 'create a network from an XML file',
  description: 'Create a network.',
  options: [xmlFileOption('an XML network description'), validateOption(VIR_NETWORK_CREATE_VALIDATE)],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const made = await orFail(
      `Failed to create network from ${file}`,
      context.connection.networkCreateXML(xml, args.bits()),
    );
    context.emit({ name: made.name });
    context.output.extra(`Network ${made.name} created from ${file}\n`);
  },
});
