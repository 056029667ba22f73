import { CommandError, defineCommand, domainOf, exclusive, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domxml-to-native',
  group: 'domain',
  summary: 'Convert domain XML to native config',
  description: 'Convert domain XML config to a native guest configuration format.',
  manual: [
    'Shows how libvirt would start a guest: `domxml-to-native qemu-argv guest` prints the command line of QEMU.',
  ],
  options: [
    {
      name: 'format',
      type: 'string',
      required: true,
      values: ['qemu-argv', 'xen-xl', 'xen-xm', 'vmware-vmx', 'bhyve-argv'],
      help: 'target config data type format',
    },
    {
      name: 'domain',
      type: 'string',
      positional: false,
      completer: 'domain',
      help: 'domain name, id or uuid',
    },
    { name: 'xml', type: 'string', completer: 'path', help: 'xml data file to export from' },
  ],
  rules: [exclusive('domain', 'xml')],
  json: { object: { config: 'string' } },
  async run(context, args) {
    const format = args.text('format');
    let xml: string;
    if (args.has('domain')) {
      xml = await (await domainOf(context, args)).getXMLDesc();
    } else {
      const file = args.optional('xml');
      if (file === undefined) throw new CommandError('need either domain or domain XML');
      xml = await readTextFile(file);
    }
    const config = await context.connection.domainXMLToNative(format, xml);
    context.emit({ config });
    context.output.print(config);
  },
});
