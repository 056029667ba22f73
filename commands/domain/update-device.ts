import { VIR_DOMAIN_DEVICE_MODIFY_FORCE } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail, readTextFile } from '../../src/shell/index.js';
import { affectedBy, persistentOptions, persistentRules } from './affect-persistent.js';

export default defineCommand({
  name: 'update-device',
  group: 'domain',
  summary: 'update device from an XML file',
  description: 'Update device from an XML <file>.',
  manual: [
    'Changes a device of a guest to what an XML file describes: the medium of a drive, the link of a network card, and what else can be changed while it is plugged in. --force lets a drive be opened that the guest has locked.',
  ],
  options: [
    domainOption(),
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'XML file' },
    ...persistentOptions,
    { name: 'force', type: 'flag', bit: VIR_DOMAIN_DEVICE_MODIFY_FORCE, help: 'force device update' },
  ],
  rules: [...persistentRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const file = args.text('file');
    const flags = ((await affectedBy(args, domain)) ?? 0) | args.bits('force');
    const xml = await readTextFile(file);
    await orFail(`Failed to update device from ${file}`, domain.updateDeviceFlags(xml, flags));
    context.output.extra('Device updated successfully\n');
  },
});
