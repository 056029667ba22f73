import { VIR_DOMAIN_BLOCK_RESIZE_BYTES } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'blockresize',
  group: 'domain',
  summary: 'Resize block device of domain.',
  description: 'Resize block device of domain.',
  manual: [
    'Makes a disk of a running guest larger (QEMU does not shrink). The guest sees the new size at once; its partitions and file systems have to be grown inside. A size without a unit is KiB.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'path',
      type: 'string',
      required: true,
      completer: 'disk-target',
      help: 'Fully-qualified path of block device',
    },
    {
      name: 'size',
      type: 'scaled',
      required: true,
      help: 'New size of the block device, as scaled integer (default KiB)',
    },
  ],
  async run(context, args) {
    const path = args.text('path');
    const bytes = args.scaled('size', 1024) ?? 0n;
    const domain = await domainOf(context, args);
    const whole = bytes % 1024n === 0n;
    const resized = whole
      ? domain.blockResize(path, bytes / 1024n)
      : domain.blockResize(path, bytes, VIR_DOMAIN_BLOCK_RESIZE_BYTES);
    await orFail(`Failed to resize block device '${path}'`, resized);
    context.output.extra(`Block device '${path}' is resized`);
  },
});
