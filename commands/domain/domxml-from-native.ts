import { defineCommand, readTextFile } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domxml-from-native',
  group: 'domain',
  summary: 'Convert native config to domain XML',
  description: 'Convert native guest configuration format to domain XML format.',
  manual: [
    'Turns the configuration of a hypervisor itself into domain XML, where libvirt can (vmware-vmx, xen-xl, bhyve-argv and so on).',
  ],
  options: [
    { name: 'format', type: 'string', required: true, help: 'source config data format' },
    {
      name: 'config',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'config data file to import from',
    },
  ],
  json: { object: { xml: 'string' } },
  async run(context, args) {
    const format = args.text('format');
    const config = await readTextFile(args.text('config'));
    const xml = await context.connection.domainXMLFromNative(format, config);
    context.emit({ xml });
    context.output.print(xml);
  },
});
