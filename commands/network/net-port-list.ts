import { CommandError, defineCommand, formatTable } from '../../src/shell/index.js';
import { networkOf } from './network-option.js';

export default defineCommand({
  name: 'net-port-list',
  group: 'network',
  summary: 'list network ports',
  description: 'Returns list of network ports.',
  options: [
    { name: 'network', type: 'string', required: true, completer: 'network', help: 'network name or uuid' },
    { name: 'uuid', type: 'flag', help: "list uuid's only" },
    { name: 'table', type: 'flag', help: 'list table (default)' },
  ],
  json: { list: { object: { uuid: 'string' } } },
  async run(context, args) {
    const uuids = args.flag('uuid');
    if (uuids && args.flag('table'))
      throw new CommandError('Only one argument from --table and --uuid may be specified.');
    const network = await networkOf(context, args);
    const ports = await network.listAllPorts();
    ports.sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
    context.emit(ports.map(({ uuid }) => ({ uuid })));
    if (uuids) context.output.print(ports.map(({ uuid }) => `${uuid}\n`).join(''));
    else
      context.output.print(
        await formatTable(
          context.output.quiet ? null : ['UUID'],
          ports.map(({ uuid }) => [uuid]),
        ),
      );
  },
});
