import {
  VIR_CONNECT_LIST_INTERFACES_ACTIVE,
  VIR_CONNECT_LIST_INTERFACES_INACTIVE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, formatTable, orFail } from '../../src/shell/index.js';
import { sortByName } from '../shell/sort-by-name.js';

export default defineCommand({
  name: 'iface-list',
  group: 'interface',
  summary: 'list physical host interfaces',
  description: 'Returns list of physical host interfaces.',
  options: [
    { name: 'inactive', type: 'flag', help: 'list inactive interfaces' },
    { name: 'all', type: 'flag', help: 'list inactive & active interfaces' },
  ],
  rules: [{ exclusive: ['all', 'inactive'] }],
  json: { list: { object: { name: 'string', active: 'boolean', mac: 'string' } } },
  async run(context, args) {
    let flags = VIR_CONNECT_LIST_INTERFACES_ACTIVE;
    if (args.flag('inactive')) flags = VIR_CONNECT_LIST_INTERFACES_INACTIVE;
    if (args.flag('all')) flags = VIR_CONNECT_LIST_INTERFACES_ACTIVE | VIR_CONNECT_LIST_INTERFACES_INACTIVE;
    const found = sortByName(
      await orFail('Failed to list interfaces', context.connection.listAllInterfaces(flags)),
    );
    const values: { name: string; active: boolean; mac: string }[] = [];
    for (const each of found) values.push({ name: each.name, active: await each.isActive(), mac: each.mac });
    context.emit(values);
    const header = context.output.quiet ? null : ['Name', 'State', 'MAC Address'];
    const rows = values.map(({ name, active, mac }) => [name, active ? 'active' : 'inactive', mac]);
    context.output.print(await formatTable(header, rows));
  },
});
