import { VIR_STORAGE_VOL_CREATE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';
import { poolOf } from '../pool/pool-option.js';
import { preallocOption } from './creation-options.js';

export default defineCommand({
  name: 'vol-create',
  group: 'volume',
  summary: 'create a vol from an XML file',
  description: 'Create a vol.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name' },
    xmlFileOption('an XML vol description'),
    preallocOption,
    validateOption(VIR_STORAGE_VOL_CREATE_VALIDATE),
  ],
  json: { object: { name: 'string' } },
  async run(context, args) {
    const pool = await poolOf(context, args);
    const file = args.text('file');
    const xml = await readTextFile(file);
    const { name } = await orFail(
      `Failed to create vol from ${file}`,
      pool.storageVolCreateXML(xml, args.bits()),
    );
    context.emit({ name });
    context.output.extra(`Vol ${name} created from ${file}\n`);
  },
});
