import { defineCommand, printXml, xmlJson } from '../../src/shell/index.js';
import { xpathOf, xpathOptions } from '../shell/xpath-options.js';
import { nodeDeviceOf } from './device-option.js';

export default defineCommand({
  name: 'nodedev-dumpxml',
  group: 'nodedev',
  summary: 'node device details in XML',
  description: 'Output the node device details as an XML dump to stdout.',
  options: [
    {
      name: 'device',
      type: 'string',
      required: true,
      completer: 'node-device',
      help: "device name or wwn pair in 'wwnn,wwpn' format",
    },
    ...xpathOptions,
  ],
  json: xmlJson,
  async run(context, args) {
    const xpath = xpathOf(args);
    const found = await nodeDeviceOf(context, args);
    await printXml(context, await found.getXMLDesc(), { xpath, wrap: args.flag('wrap') });
  },
});
