import { VIR_INTERFACE_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, orFail } from '../../src/shell/index.js';
import { bridgedXml } from './bridge-xml.js';
import { hostInterfaceOf } from './interface-option.js';

export default defineCommand({
  name: 'iface-bridge',
  group: 'interface',
  summary: 'create a bridge device and attach an existing network device to it',
  description: 'bridge an existing network device',
  options: [
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'host-interface',
      help: 'existing interface name',
    },
    { name: 'bridge', type: 'string', required: true, help: 'new bridge device name' },
    { name: 'no-stp', type: 'flag', help: 'do not enable STP for this bridge' },
    { name: 'delay', type: 'int', help: 'number of seconds to squelch traffic on newly connected ports' },
    { name: 'no-start', type: 'flag', help: "don't start the bridge immediately" },
  ],
  json: { object: { bridge: 'string', interface: 'string', started: 'boolean' } },
  async run(context, args) {
    const device = await hostInterfaceOf(context, args, ['name']);
    const { connection, output } = context;
    const [name, bridge] = [args.text('interface'), args.text('bridge')];
    const absent = await connection.interfaceLookupByName(bridge).then(
      () => undefined,
      (error: Error) => error,
    );
    if (!absent) throw new CommandError(`Network device ${bridge} already exists`);
    const delay = delayOf(() => args.uint('delay'), absent);
    const xml = await device.getXMLDesc(VIR_INTERFACE_XML_INACTIVE);
    const bridged = await bridgedXml(xml, { name, bridge, stp: !args.flag('no-stp'), delay });
    const made = await orFail(
      `Failed to define new bridge interface ${bridge}`,
      connection.interfaceDefineXML(bridged),
    );
    output.extra(`Created bridge ${bridge} with attached device ${name}\n`);
    if (!args.flag('no-start')) {
      await orFail(`Failed to start bridge interface ${bridge}`, made.create());
      output.extra(`Bridge interface ${bridge} started\n`);
    }
    context.emit({ bridge, interface: name, started: !args.flag('no-start') });
  },
});

/** As in virsh a mistake is followed by what was said last: that there is no such bridge yet. */
function delayOf(read: () => number | undefined, absent: Error): number {
  try {
    return read() ?? 0;
  } catch (error) {
    throw new CommandError((error as Error).message, absent);
  }
}
