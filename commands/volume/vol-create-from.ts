import { VIR_STORAGE_VOL_CREATE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile } from '../../src/shell/index.js';
import { poolOf } from '../pool/pool-option.js';
import { preallocOption, reflinkOption } from './creation-options.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-create-from',
  group: 'volume',
  summary: 'create a vol, using another volume as input',
  description: 'Create a vol from an existing volume.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML vol description',
    },
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    {
      name: 'inputpool',
      type: 'string',
      completer: 'storage-pool',
      help: "pool name or uuid of the input volume's pool",
    },
    preallocOption,
    reflinkOption,
    {
      name: 'validate',
      type: 'flag',
      bit: VIR_STORAGE_VOL_CREATE_VALIDATE,
      help: 'validate the XML against the schema',
    },
  ],
  json: { object: { name: 'string', source: 'string' } },
  async run(context, args) {
    const pool = await poolOf(context, args);
    const file = args.text('file');
    const source = await volumeOf(context, args, 'inputpool');
    const xml = await readTextFile(file);
    const { name } = await orFail(
      `Failed to create vol from ${file}`,
      pool.storageVolCreateXMLFrom(xml, source, args.bits()),
    );
    context.emit({ name, source: source.name });
    context.output.extra(`Vol ${name} created from input vol ${source.name}\n`);
  },
});
