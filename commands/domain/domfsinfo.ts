import { defineCommand, domainOf, domainOption, formatTable, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domfsinfo',
  group: 'domain',
  summary: "Get information of domain's mounted filesystems.",
  description: "Get information of domain's mounted filesystems.",
  manual: [
    'Needs the agent inside the guest. Target is the disk that holds the filesystem, as domblklist names it.',
  ],
  options: [domainOption('domain-active')],
  json: {
    list: {
      object: { mountpoint: 'string', name: 'string', type: 'string', targets: { list: 'string' } },
    },
  },
  async run(context, args) {
    const { output } = context;
    const domain = await domainOf(context, args);
    const filesystems = await orFail('Unable to get filesystem information', domain.getFSInfo());
    context.emit(
      filesystems.map(({ mountpoint, name, fstype, devAlias }) => ({
        mountpoint,
        name,
        type: fstype,
        targets: devAlias,
      })),
    );
    if (filesystems.length === 0) {
      output.extra('No filesystems are mounted in the domain');
      return;
    }
    const rows = filesystems.map(({ mountpoint, name, fstype, devAlias }) => [
      mountpoint,
      name,
      fstype,
      devAlias.join(','),
    ]);
    output.print(await formatTable(output.quiet ? null : ['Mountpoint', 'Name', 'Type', 'Target'], rows));
  },
});
