import { VIR_NWFILTER_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nwfilter-define',
  group: 'filter',
  summary: 'define or update a network filter from an XML file',
  description: 'Define a new network filter or update an existing one.',
  options: [xmlFileOption('an XML network filter description'), validateOption(VIR_NWFILTER_DEFINE_VALIDATE)],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const made = await orFail(
      `Failed to define network filter from ${file}`,
      context.connection.nwfilterDefineXML(xml, args.bits()),
    );
    context.emit({ name: made.name });
    context.output.extra(`Network filter ${made.name} defined from ${file}\n`);
  },
});
