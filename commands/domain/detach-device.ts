import { defineCommand, domainOf, domainOption, orFail, readTextFile } from '../../src/shell/index.js';
import { affectedBy, persistentOptions, persistentRules } from './affect-persistent.js';

export default defineCommand({
  name: 'detach-device',
  group: 'domain',
  summary: 'detach device from an XML file',
  description: 'Detach device from an XML <file>',
  manual: [
    'Takes from a guest the device that an XML file describes. Unplugging from a running guest needs its help: libvirt waits some seconds for it; `event --event device-removed` tells when it has gone.',
  ],
  options: [
    domainOption(),
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'XML file' },
    ...persistentOptions,
  ],
  rules: [...persistentRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const flags = await affectedBy(args, domain);
    const file = args.text('file');
    const xml = await readTextFile(file);
    const detached = flags === undefined ? domain.detachDevice(xml) : domain.detachDeviceFlags(xml, flags);
    await orFail(`Failed to detach device from ${file}`, detached);
    context.output.extra('Device detached successfully\n');
  },
});
