import {
  VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE,
  VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, formatTree, orFail } from '../../src/shell/index.js';
import { sortByName } from '../shell/sort-by-name.js';
import { capabilityFlags, capabilityNames } from './capabilities.js';

export default defineCommand({
  name: 'nodedev-list',
  group: 'nodedev',
  summary: 'enumerate devices on this host',
  description: '',
  options: [
    { name: 'tree', type: 'flag', help: 'list devices in a tree' },
    {
      name: 'cap',
      type: 'string',
      values: capabilityNames,
      valueList: true,
      help: 'capability names, separated by comma',
    },
    { name: 'inactive', type: 'flag', help: 'list inactive devices' },
    { name: 'all', type: 'flag', help: 'list inactive & active devices' },
  ],
  json: { list: 'string' },
  async run(context, args) {
    const { connection, output } = context;
    if (args.flag('tree') && (args.has('cap') || args.flag('inactive'))) {
      throw new CommandError('Option --tree is incompatible with --cap and --inactive');
    }
    if (args.flag('all') && args.flag('inactive')) {
      throw new CommandError('Option --all is incompatible with --inactive');
    }
    let flags = capabilityFlags(args.raw('cap'));
    if (args.flag('inactive') || args.flag('all')) flags |= VIR_CONNECT_LIST_NODE_DEVICES_INACTIVE;
    if (!args.flag('inactive')) flags |= VIR_CONNECT_LIST_NODE_DEVICES_ACTIVE;
    const devices = sortByName(
      await orFail('Failed to list node devices', connection.listAllNodeDevices(flags)),
    );
    context.emit(devices.map(({ name }) => name));
    if (!args.flag('tree')) {
      for (const { name } of devices) output.print(`${name}\n`);
      return;
    }
    const nodes = [];
    for (const device of devices) {
      const parent = device.name === 'computer' ? null : await device.getParent();
      nodes.push({ name: device.name, parent: parent ?? undefined });
    }
    output.print(await formatTree(nodes));
  },
});
