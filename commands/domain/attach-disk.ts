import { defineCommand, domainOf, domainOption, orFail, requires } from '../../src/shell/index.js';
import { affectedBy, persistentOptions, persistentRules } from './affect-persistent.js';
import { diskXml } from './attach-disk-xml.js';

export default defineCommand({
  name: 'attach-disk',
  group: 'domain',
  summary: 'attach disk device',
  description: 'Attach new disk device.',
  manual: [
    'Gives a guest a disk: `attach-disk guest /srv/data.qcow2 vdb --subdriver qcow2 --persistent`. Without --subdriver the image is taken to be raw, whatever it holds. --print-xml shows the XML that attach-device would get.',
  ],
  options: [
    domainOption(),
    {
      name: 'source',
      type: 'string',
      required: true,
      completer: 'path',
      emptyOk: true,
      help: 'source of disk device or name of network disk',
    },
    { name: 'target', type: 'string', required: true, help: 'target of disk device' },
    {
      name: 'targetbus',
      type: 'string',
      values: ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc', 'xen', 'sd'],
      help: 'target bus of disk device',
    },
    { name: 'driver', type: 'string', values: ['qemu', 'file', 'tap', 'phy'], help: 'driver of disk device' },
    { name: 'subdriver', type: 'string', help: 'subdriver of disk device' },
    { name: 'iothread', type: 'string', help: 'IOThread to be used by supported device' },
    {
      name: 'cache',
      type: 'string',
      values: ['none', 'writethrough', 'writeback', 'directsync', 'unsafe', 'default'],
      help: 'cache mode of disk device',
    },
    {
      name: 'io',
      type: 'string',
      values: ['native', 'threads', 'io_uring'],
      help: 'io policy of disk device',
    },
    { name: 'type', type: 'string', values: ['disk', 'cdrom', 'floppy', 'lun'], help: 'target device type' },
    { name: 'shareable', type: 'alias', target: 'mode=shareable', help: '' },
    {
      name: 'mode',
      type: 'string',
      values: ['readonly', 'shareable'],
      help: 'mode of device reading and writing',
    },
    {
      name: 'sourcetype',
      type: 'string',
      values: ['block', 'file', 'network'],
      help: 'type of source (block|file|network)',
    },
    { name: 'serial', type: 'string', help: 'serial of disk device' },
    { name: 'wwn', type: 'string', help: 'wwn of disk device' },
    { name: 'alias', type: 'string', help: 'custom alias name of disk device' },
    { name: 'rawio', type: 'flag', help: 'needs rawio capability' },
    { name: 'address', type: 'string', help: 'address of disk device' },
    { name: 'multifunction', type: 'flag', help: 'use multifunction pci under specified address' },
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than attach the disk' },
    { name: 'source-protocol', type: 'string', help: 'protocol used by disk device source' },
    { name: 'source-host-name', type: 'string', help: 'host name for source of disk device' },
    { name: 'source-host-transport', type: 'string', help: 'host transport for source of disk device' },
    { name: 'source-host-socket', type: 'string', help: 'host socket for source of disk device' },
    ...persistentOptions,
  ],
  rules: [
    ...persistentRules,
    requires('source-host-name', 'source-protocol'),
    requires('source-host-transport', 'source-protocol'),
    requires('source-host-socket', 'source-protocol'),
    requires('source-host-socket', 'source-host-transport'),
  ],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const xml = await diskXml(args);
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(xml);
      return;
    }
    const domain = await domainOf(context, args);
    const flags = await affectedBy(args, domain);
    const attached = flags === undefined ? domain.attachDevice(xml) : domain.attachDeviceFlags(xml, flags);
    await orFail('Failed to attach disk', attached);
    context.output.extra('Disk attached successfully\n');
  },
});
