import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { affectedBy, persistentOptions, persistentRules } from './affect-persistent.js';
import { interfaceTypes, interfaceXml } from './attach-interface-xml.js';

export default defineCommand({
  name: 'attach-interface',
  group: 'domain',
  summary: 'attach network interface',
  description: 'Attach new network interface.',
  manual: [
    'Gives a guest a network card: `attach-interface guest network default --model virtio --persistent`. The source is the name of a network, a bridge, a host device, a PCI address or a socket, as the type asks for.',
  ],
  options: [
    domainOption(),
    { name: 'type', type: 'string', required: true, values: interfaceTypes, help: 'network interface type' },
    { name: 'source', type: 'string', required: true, help: 'source of network interface' },
    { name: 'target', type: 'string', help: 'target network name' },
    { name: 'mac', type: 'string', help: 'MAC address' },
    { name: 'script', type: 'string', help: 'script used to bridge network interface' },
    { name: 'model', type: 'string', help: 'model type' },
    { name: 'alias', type: 'string', help: 'custom alias name of interface device' },
    { name: 'inbound', type: 'string', help: "control domain's incoming traffics" },
    { name: 'outbound', type: 'string', help: "control domain's outgoing traffics" },
    ...persistentOptions,
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than attach the interface' },
    {
      name: 'managed',
      type: 'flag',
      help: 'libvirt will automatically detach/attach the device from/to host',
    },
    {
      name: 'source-mode',
      type: 'string',
      values: ['server', 'client'],
      help: 'mode attribute of <source/> element',
    },
  ],
  rules: [...persistentRules],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const xml = interfaceXml(args);
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(xml);
      return;
    }
    const domain = await domainOf(context, args);
    const flags = await affectedBy(args, domain);
    const attached = flags === undefined ? domain.attachDevice(xml) : domain.attachDeviceFlags(xml, flags);
    await orFail('Failed to attach interface', attached);
    context.output.extra('Interface attached successfully\n');
  },
});
