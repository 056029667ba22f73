import { VIR_STORAGE_POOL_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'pool-define',
  group: 'pool',
  summary: 'define an inactive persistent storage pool or modify an existing persistent one from an XML file',
  description: 'Define or modify a persistent storage pool.',
  options: [xmlFileOption('an XML pool description'), validateOption(VIR_STORAGE_POOL_DEFINE_VALIDATE)],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const made = await orFail(
      `Failed to define pool from ${file}`,
      context.connection.storagePoolDefineXML(xml, args.bits()),
    );
    context.emit({ name: made.name });
    context.output.extra(`Pool ${made.name} defined from ${file}\n`);
  },
});
