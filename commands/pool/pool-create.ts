import { defineCommand, orFail, readTextFile, xmlFileOption } from '../../src/shell/index.js';
import { buildOptions, buildRules } from './build-options.js';

export default defineCommand({
  name: 'pool-create',
  group: 'pool',
  summary: 'create a pool from an XML file',
  description: 'Create a pool.',
  options: [xmlFileOption('an XML pool description'), ...buildOptions],
  rules: buildRules,
  json: { object: { name: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const { name } = await orFail(
      `Failed to create pool from ${file}`,
      context.connection.storagePoolCreateXML(xml, args.bits()),
    );
    context.emit({ name });
    context.output.extra(`Pool ${name} created from ${file}\n`);
  },
});
