import {
  VIR_CONNECT_LIST_NETWORKS_ACTIVE,
  VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
  VIR_CONNECT_LIST_NETWORKS_INACTIVE,
  VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART,
  VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
  VIR_CONNECT_LIST_NETWORKS_TRANSIENT,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, formatTable, orFail } from '../../src/shell/index.js';
import { sortByName } from '../shell/sort-by-name.js';

export default defineCommand({
  name: 'net-list',
  group: 'network',
  summary: 'list networks',
  description: 'Returns list of networks.',
  options: [
    { name: 'inactive', type: 'flag', help: 'list inactive networks' },
    { name: 'all', type: 'flag', help: 'list inactive & active networks' },
    {
      name: 'persistent',
      type: 'flag',
      bit: VIR_CONNECT_LIST_NETWORKS_PERSISTENT,
      help: 'list persistent networks',
    },
    {
      name: 'transient',
      type: 'flag',
      bit: VIR_CONNECT_LIST_NETWORKS_TRANSIENT,
      help: 'list transient networks',
    },
    {
      name: 'autostart',
      type: 'flag',
      bit: VIR_CONNECT_LIST_NETWORKS_AUTOSTART,
      help: 'list networks with autostart enabled',
    },
    {
      name: 'no-autostart',
      type: 'flag',
      bit: VIR_CONNECT_LIST_NETWORKS_NO_AUTOSTART,
      help: 'list networks with autostart disabled',
    },
    { name: 'uuid', type: 'flag', help: "list uuid's only" },
    { name: 'name', type: 'flag', help: 'list network names only' },
    { name: 'table', type: 'flag', help: 'list table (default)' },
  ],
  json: {
    list: {
      object: {
        name: 'string',
        uuid: 'string',
        active: 'boolean',
        autostart: { oneOf: ['boolean', 'null'] },
        persistent: 'boolean',
      },
    },
  },
  async run(context, args) {
    if ((['table', 'name', 'uuid'] as const).filter((form) => args.flag(form)).length > 1) {
      throw new CommandError('Only one argument from --table, --name and --uuid may be specified.');
    }
    let flags = VIR_CONNECT_LIST_NETWORKS_ACTIVE;
    if (args.flag('inactive')) flags = VIR_CONNECT_LIST_NETWORKS_INACTIVE;
    if (args.flag('all')) flags = VIR_CONNECT_LIST_NETWORKS_ACTIVE | VIR_CONNECT_LIST_NETWORKS_INACTIVE;
    const found = await orFail(
      'Failed to list networks',
      context.connection.listAllNetworks(flags | args.bits()),
    );
    const rows: {
      name: string;
      uuid: string;
      active: boolean;
      autostart: boolean | null;
      persistent: boolean;
    }[] = [];
    for (const network of sortByName(found)) {
      const autostart = await network.getAutostart().catch(() => null);
      const [active, persistent] = [await network.isActive(), await network.isPersistent()];
      rows.push({ name: network.name, uuid: network.uuid, active, autostart, persistent });
    }
    context.emit(rows);
    if (args.flag('uuid') || args.flag('name')) {
      for (const row of rows) context.output.print(`${args.flag('uuid') ? row.uuid : row.name}\n`);
      return;
    }
    const yesNo = (value: boolean): string => (value ? 'yes' : 'no');
    const header = context.output.quiet ? null : ['Name', 'State', 'Autostart', 'Persistent'];
    const cells = rows.map(({ name, active, autostart, persistent }) => [
      name,
      active ? 'active' : 'inactive',
      autostart === null ? 'no autostart' : yesNo(autostart),
      yesNo(persistent),
    ]);
    context.output.print(await formatTable(header, cells));
  },
});
