import { VIR_INTERFACE_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail } from '../../src/shell/index.js';
import { findFirst } from '../shell/find-object.js';
import { unbridgedXml } from './bridge-xml.js';

export default defineCommand({
  name: 'iface-unbridge',
  group: 'interface',
  summary: 'undefine a bridge device after detaching its device(s)',
  description: 'unbridge a network device',
  options: [
    {
      name: 'bridge',
      type: 'string',
      required: true,
      help: 'current bridge device name',
    },
    {
      name: 'no-start',
      type: 'flag',
      help: "don't start the detached interface immediately (not recommended)",
    },
  ],
  json: { object: { bridge: 'string', interface: 'string', started: 'boolean' } },
  async run(context, args) {
    const { connection, output } = context;
    const bridge = args.text('bridge');
    const found = await findFirst(context, `failed to get interface '${bridge}'`, [
      () => connection.interfaceLookupByName(bridge),
    ]);
    const { name, xml } = await unbridgedXml(await found.getXMLDesc(VIR_INTERFACE_XML_INACTIVE), bridge);
    // The device can't be defined safely while it belongs to the bridge.
    await orFail(`Failed to destroy bridge interface ${bridge}`, found.destroy());
    await orFail(`Failed to undefine bridge interface ${bridge}`, found.undefine());
    const device = await orFail(`Failed to define new interface ${name}`, connection.interfaceDefineXML(xml));
    output.extra(`Device ${name} un-attached from bridge ${bridge}\n`);
    if (!args.flag('no-start')) {
      await orFail(`Failed to start interface ${name}`, device.create());
      output.extra(`Interface ${name} started\n`);
    }
    context.emit({ bridge, interface: name, started: !args.flag('no-start') });
  },
});
