import type { StoragePool } from '../../src/hypervisor/index.js';
import { type Context, defineCommand, orFail } from '../../src/shell/index.js';
import { poolOf } from '../pool/pool-option.js';
import { findFirst } from '../shell/find-object.js';
import { preallocOption } from './creation-options.js';
import { volumeSize } from './volume-size.js';

export default defineCommand({
  name: 'vol-create-as',
  group: 'volume',
  summary: 'create a volume from a set of args',
  description: 'Create a vol.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name' },
    { name: 'name', type: 'string', required: true, help: 'name of the volume' },
    {
      name: 'capacity',
      type: 'string',
      required: true,
      help: 'size of the vol, as scaled integer (default bytes)',
    },
    {
      name: 'allocation',
      type: 'string',
      help: 'initial allocation size, as scaled integer (default bytes)',
    },
    { name: 'format', type: 'string', help: 'file format type raw,bochs,qcow,qcow2,qed,vmdk' },
    { name: 'backing-vol', type: 'string', help: 'the backing volume if taking a snapshot' },
    { name: 'backing-vol-format', type: 'string', help: 'format of backing volume if taking a snapshot' },
    preallocOption,
    { name: 'print-xml', type: 'flag', help: "print XML document, but don't define/create" },
  ],
  json: { object: { name: 'string', xml: 'string' } },
  async run(context, args) {
    const pool = await poolOf(context, args);
    const name = args.text('name');
    const capacity = volumeSize(args.text('capacity'));
    // Empty is as good as not given, to virsh.
    const allocation = args.raw('allocation') || undefined;
    const lines = ['<volume>', `  <name>${name}</name>`, `  <capacity>${capacity}</capacity>`];
    if (allocation !== undefined) lines.push(`  <allocation>${volumeSize(allocation)}</allocation>`);
    const format = args.optional('format');
    const [backing, backingFormat] = [args.optional('backing-vol'), args.optional('backing-vol-format')];
    if (format !== undefined) lines.push('  <target>', `    <format type='${format}'/>`, '  </target>');
    if (backing !== undefined) {
      lines.push('  <backingStore>', `    <path>${await backingPath(context, pool, backing)}</path>`);
      if (backingFormat !== undefined) lines.push(`    <format type='${backingFormat}'/>`);
      lines.push('  </backingStore>');
    }
    const xml = `${[...lines, '</volume>'].join('\n')}\n`;
    context.emit({ name, xml });
    if (args.flag('print-xml')) {
      context.output.print(xml);
      return;
    }
    await orFail(`Failed to create vol ${name}`, pool.storageVolCreateXML(xml, args.bits()));
    context.output.extra(`Vol ${name} created\n`);
  },
});

async function backingPath(context: Context, pool: StoragePool, key: string): Promise<string> {
  const { connection } = context;
  const volume = await findFirst(context, `failed to get vol '${key}'`, [
    () => pool.storageVolLookupByName(key),
    () => connection.storageVolLookupByKey(key),
    () => connection.storageVolLookupByPath(key),
  ]);
  return volume.getPath();
}
