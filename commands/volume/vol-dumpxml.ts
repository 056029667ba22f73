import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-dumpxml',
  group: 'volume',
  summary: 'vol information in XML',
  description: 'Output the vol information as an XML dump to stdout.',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const volume = await volumeOf(context, args);
    const xpath = xpathOf(args);
    await printXml(context, await volume.getXMLDesc(), { xpath, wrap: args.flag('wrap') });
  },
});
