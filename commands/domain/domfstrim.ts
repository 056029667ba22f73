import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfstrim',
  group: 'domain',
  summary: "Invoke fstrim on domain's mounted filesystems.",
  description: "Invoke fstrim on domain's mounted filesystems.",
  manual: [
    'The agent inside the guest tells its disks which blocks no file uses, so that the host can take back the space of images that allow it. Without --mountpoint all filesystems are trimmed.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'minimum',
      type: 'int',
      help: 'Just a hint to ignore contiguous free ranges smaller than this (Bytes)',
    },
    { name: 'mountpoint', type: 'string', completer: 'mountpoint', help: 'which mount point to trim' },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const minimum = args.ulonglong('minimum') ?? 0n;
    const mountpoint = args.optional('mountpoint') ?? null;
    await orFail('Unable to invoke fstrim', domain.fsTrim(mountpoint, minimum));
  },
});
