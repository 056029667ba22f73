import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfsfreeze',
  group: 'domain',
  summary: "Freeze domain's mounted filesystems.",
  description: "Freeze domain's mounted filesystems.",
  manual: [
    'The agent inside the guest writes everything out and holds back further writes, so that disks can be copied or snapshotted in a clean state. The guest keeps running, but whatever writes to a file there waits until domfsthaw.',
    'Without a mountpoint all filesystems are frozen. A filesystem that is frozen already is not counted again.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'mountpoint', type: 'argv', completer: 'mountpoint', help: 'mountpoint path to be frozen' },
  ],
  json: { object: { filesystems: 'integer' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const filesystems = await orFail(
      'Unable to freeze filesystems',
      domain.fsFreeze(args.list('mountpoint')),
    );
    context.emit({ filesystems });
    context.output.extra(`Froze ${filesystems} filesystem(s)\n`);
  },
});
