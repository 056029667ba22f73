import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domblkthreshold',
  group: 'domain',
  summary:
    "set the threshold for block-threshold event for a given block device or it's backing chain element",
  description: 'set threshold for block-threshold event for a block device',
  manual: [
    'Asks for a `block-threshold` event (see `event`) once the image of a disk has grown past an offset, so that the storage under it can be made larger in time. `vda[1]` names an image deeper in the chain of vda by its index.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'dev',
      type: 'string',
      required: true,
      completer: 'disk-target',
      help: 'device to set threshold for',
    },
    {
      name: 'threshold',
      type: 'scaled',
      required: true,
      help: 'threshold as a scaled number (by default bytes)',
    },
  ],
  async run(context, args) {
    const device = args.text('dev');
    const threshold = args.scaled('threshold', 1) ?? 0n;
    const domain = await domainOf(context, args);
    await domain.setBlockThreshold(device, threshold);
  },
});
