import { defineCommand, elementsAt, elementText, orFail, parseXml } from '../../src/shell/index.js';
import { preallocOption, reflinkOption } from './creation-options.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-clone',
  group: 'volume',
  summary: 'clone a volume.',
  description: 'Clone an existing volume within the parent pool.',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    { name: 'newname', type: 'string', required: true, help: 'clone name' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    preallocOption,
    reflinkOption,
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than clone the volume' },
  ],
  json: { object: { name: 'string', source: 'string', 'xml?': 'string' } },
  async run(context, args) {
    const source = await volumeOf(context, args);
    const pool = await orFail(
      'failed to get parent pool',
      context.connection.storagePoolLookupByVolume(source),
    );
    const root = await parseXml(await source.getXMLDesc());
    const [name] = elementsAt(root, 'name');
    if (name) name.textContent = args.text('newname');
    const xml = await elementText(root);
    if (args.flag('print-xml')) {
      context.emit({ name: args.text('newname'), source: source.name, xml });
      context.output.print(xml);
      return;
    }
    const clone = await orFail(
      `Failed to clone vol from ${source.name}`,
      pool.storageVolCreateXMLFrom(xml, source, args.bits()),
    );
    context.emit({ name: clone.name, source: source.name });
    context.output.extra(`Vol ${clone.name} cloned from ${source.name}\n`);
  },
});
