import { defineCommand, domainOf, domainOption, orFail, readTextFile } from '../../src/shell/index.js';
import { affectedBy, persistentOptions, persistentRules } from './affect-persistent.js';

export default defineCommand({
  name: 'attach-device',
  group: 'domain',
  summary: 'attach device from an XML file',
  description: 'Attach device from an XML <file>.',
  manual: [
    "Gives a guest the device that an XML file describes: a disk, a network card, memory and so on. --live plugs it into the running guest, --config adds it to what the guest starts with, --persistent does both where the guest runs. Without any of them the running guest is meant, or the definition if it doesn't run.",
  ],
  options: [
    domainOption(),
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'XML file' },
    ...persistentOptions,
  ],
  rules: [...persistentRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const file = args.text('file');
    const xml = await readTextFile(file);
    const flags = await affectedBy(args, domain);
    const attached = flags === undefined ? domain.attachDevice(xml) : domain.attachDeviceFlags(xml, flags);
    await orFail(`Failed to attach device from ${file}`, attached);
    context.output.extra('Device attached successfully\n');
  },
});
