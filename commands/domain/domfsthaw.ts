import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfsthaw',
  group: 'domain',
  summary: "Thaw domain's mounted filesystems.",
  description: "Thaw domain's mounted filesystems.",
  manual: [
    'Ends a freeze by domfsfreeze. Without a mountpoint all filesystems are thawed; that none was frozen is no error.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'mountpoint', type: 'argv', completer: 'mountpoint', help: 'mountpoint path to be thawed' },
  ],
  json: { object: { filesystems: 'integer' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const filesystems = await orFail('Unable to thaw filesystems', domain.fsThaw(args.list('mountpoint')));
    context.emit({ filesystems });
    context.output.extra(`Thawed ${filesystems} filesystem(s)\n`);
  },
});
