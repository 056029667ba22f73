import { VIR_DOMAIN_XML_INACTIVE } from '../../src/hypervisor/constants.js';
import {
  defineCommand,
  domainOf,
  domainOption,
  elementsAt,
  elementText,
  orFail,
} from '../../src/shell/index.js';
import { affectedBy, persistentOptions, persistentRules } from './affect-persistent.js';
import { findDisk } from './find-disk.js';

export default defineCommand({
  name: 'detach-disk',
  group: 'domain',
  summary: 'detach disk device',
  description: 'Detach disk device.',
  manual: ['Takes a disk from a guest by its target (vdb) or source. The image stays.'],
  options: [
    domainOption(),
    {
      name: 'target',
      type: 'string',
      required: true,
      completer: 'disk-target',
      help: 'target of disk device',
    },
    ...persistentOptions,
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than detach the disk' },
  ],
  rules: [...persistentRules],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const target = args.text('target');
    const flags = await affectedBy(args, domain);
    const onlyConfig = !args.has('live') && (args.has('config') || args.has('persistent'));
    const described = await domain.getXMLDesc(onlyConfig ? VIR_DOMAIN_XML_INACTIVE : 0);
    const disk = await findDisk(described, target);
    // As virsh does: what lies below it is no part of what is detached.
    for (const backing of elementsAt(disk, 'backingStore')) disk.removeChild(backing);
    const xml = await elementText(disk);
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(xml);
      return;
    }
    const detached = flags === undefined ? domain.detachDevice(xml) : domain.detachDeviceFlags(xml, flags);
    await orFail('Failed to detach disk', detached);
    context.output.extra('Disk detached successfully\n');
  },
});
