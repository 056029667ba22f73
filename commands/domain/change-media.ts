import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_DEVICE_MODIFY_FORCE,
  VIR_DOMAIN_XML_INACTIVE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, exclusive, orFail } from '../../src/shell/index.js';
import { changeMedium } from './change-medium.js';
import { findDisk } from './find-disk.js';

export default defineCommand({
  name: 'change-media',
  group: 'domain',
  summary: 'Change media of CD or floppy drive',
  description: 'Change media of CD or floppy drive.',
  manual: [
    'Changes the medium of a CD-ROM or floppy drive: --eject takes it out, --insert puts one into an empty drive, --update (the default) replaces it. --force opens a drive that the guest has locked; without it the guest is asked, and libvirt waits.',
  ],
  options: [
    domainOption(),
    {
      name: 'path',
      type: 'string',
      required: true,
      completer: 'disk-target',
      help: 'Fully-qualified path or target of disk device',
    },
    { name: 'source', type: 'string', completer: 'path', help: 'source of the media' },
    { name: 'eject', type: 'flag', help: 'Eject the media' },
    { name: 'insert', type: 'flag', help: 'Insert the media' },
    { name: 'update', type: 'flag', help: 'Update the media' },
    {
      name: 'current',
      type: 'flag',
      help: 'can be either or both of --live and --config, depends on implementation hypervisor driver',
    },
    {
      name: 'live',
      type: 'flag',
      bit: VIR_DOMAIN_AFFECT_LIVE,
      help: 'alter live configuration of running domain',
    },
    {
      name: 'config',
      type: 'flag',
      bit: VIR_DOMAIN_AFFECT_CONFIG,
      help: 'alter persistent configuration, effect observed on next boot',
    },
    { name: 'force', type: 'flag', bit: VIR_DOMAIN_DEVICE_MODIFY_FORCE, help: 'force media changing' },
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than change media' },
    { name: 'block', type: 'flag', help: 'source media is a block device' },
  ],
  rules: [
    exclusive('eject', 'insert'),
    exclusive('eject', 'update'),
    exclusive('insert', 'update'),
    exclusive('eject', 'block'),
    exclusive('current', 'live'),
    exclusive('current', 'config'),
  ],
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const source = args.optional('source');
    const action = args.flag('eject') ? 'eject' : args.flag('insert') ? 'insert' : 'update';
    const domain = await domainOf(context, args);
    const path = args.text('path');
    const flags = args.bits();
    const described = await domain.getXMLDesc(
      (flags & VIR_DOMAIN_AFFECT_CONFIG) !== 0 ? VIR_DOMAIN_XML_INACTIVE : 0,
    );
    const disk = await findDisk(described, path, true);
    const xml = await changeMedium(disk, { action, source, block: args.flag('block'), name: path });
    if (args.flag('print-xml')) {
      context.emit({ xml });
      context.output.print(xml);
      return;
    }
    const changed = domain.updateDeviceFlags(xml, flags);
    await orFail(`Failed to complete action ${action} on media`, changed);
    const done = { eject: 'ejected', insert: 'inserted', update: 'updated' }[action];
    context.output.extra(`Successfully ${done} media.`);
  },
});
