import {
  VIR_NETWORK_UPDATE_AFFECT_CONFIG,
  VIR_NETWORK_UPDATE_AFFECT_LIVE,
  VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST,
  VIR_NETWORK_UPDATE_COMMAND_ADD_LAST,
  VIR_NETWORK_UPDATE_COMMAND_DELETE,
  VIR_NETWORK_UPDATE_COMMAND_MODIFY,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, exclusive, orFail, readTextFile } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

const commands: ReadonlyMap<string, number> = new Map([
  ['add', VIR_NETWORK_UPDATE_COMMAND_ADD_LAST],
  ['modify', VIR_NETWORK_UPDATE_COMMAND_MODIFY],
  ['delete', VIR_NETWORK_UPDATE_COMMAND_DELETE],
  ['add-last', VIR_NETWORK_UPDATE_COMMAND_ADD_LAST],
  ['add-first', VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST],
]);

/** virNetworkUpdateSection, by number from 1 on. */
const sections = [
  ...[
    'bridge',
    'domain',
    'ip',
    'ip-dhcp-host',
    'ip-dhcp-range',
    'forward',
    'forward-interface',
    'forward-pf',
  ],
  ...['portgroup', 'dns-host', 'dns-txt', 'dns-srv'],
];

export default defineCommand({
  name: 'net-update',
  group: 'network',
  summary: "update parts of an existing network's configuration",
  description: '',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    {
      name: 'command',
      type: 'string',
      required: true,
      values: [...commands.keys()],
      help: 'type of update (add-first, add-last (add), delete, or modify)',
    },
    {
      name: 'section',
      type: 'string',
      required: true,
      values: sections,
      help: 'which section of network configuration to update',
    },
    {
      name: 'xml',
      type: 'string',
      required: true,
      completer: 'path',
      help: "name of file containing xml (or, if it starts with '<', the complete xml element itself) to add/modify, or to be matched for search",
    },
    { name: 'parent-index', type: 'int', help: 'which parent object to search through' },
    {
      name: 'config',
      type: 'flag',
      bit: VIR_NETWORK_UPDATE_AFFECT_CONFIG,
      help: 'affect next network startup',
    },
    { name: 'live', type: 'flag', bit: VIR_NETWORK_UPDATE_AFFECT_LIVE, help: 'affect running network' },
    { name: 'current', type: 'flag', help: 'affect current state of network' },
  ],
  rules: [exclusive('current', 'live'), exclusive('current', 'config')],
  json: { object: { name: 'string', affected: 'string' } },
  async run(context, args) {
    const network = await networkOf(context, args);
    const wanted = args.text('command');
    const command = commands.get(wanted);
    if (command === undefined) throw new CommandError(`unrecognized command name '${wanted}'`);
    const section = sections.indexOf(args.text('section')) + 1;
    if (section === 0) throw new CommandError(`unrecognized section name '${args.text('section')}'`);
    const parent = args.int('parent-index') ?? -1;
    // Text that doesn't begin like XML is the name of a file that holds it.
    const given = args.text('xml');
    const xml = given.startsWith('<') ? given : await readTextFile(given);
    await orFail(
      `Failed to update network ${network.name}`,
      network.update(command, section, parent, xml, args.bits()),
    );
    const [config, live] = [args.flag('config'), args.flag('live')];
    const affected = config ? `persistent config${live ? ' and live state' : ''}` : 'live state';
    context.emit({ name: network.name, affected });
    context.output.extra(`Updated network ${network.name} ${affected}`);
  },
});
