import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'find-storage-pool-sources-as',
  group: 'pool',
  summary: 'find potential storage pool sources',
  description: 'Returns XML <sources> document.',
  options: [
    { name: 'type', type: 'string', required: true, help: 'type of storage pool sources to find' },
    { name: 'host', type: 'string', help: 'optional host to query' },
    { name: 'port', type: 'string', completer: 'network-port', help: 'optional port to query' },
    { name: 'initiator', type: 'string', help: 'optional initiator IQN to use for query' },
  ],
  json: { object: { xml: 'string' } },
  async run(context, args) {
    const type = args.text('type');
    const [host, port, initiator] = [
      args.optional('host'),
      args.optional('port'),
      args.optional('initiator'),
    ];
    const xml = await orFail(
      `Failed to find any ${type} pool sources`,
      context.connection.findStoragePoolSources(type, host ? sourceXml(host, port, initiator) : null),
    );
    context.emit({ xml });
    context.output.print(xml);
  },
});

/** Without a host there is nothing to be told: port and initiator belong to it. As in virsh nothing is escaped. */
function sourceXml(host: string, port: string | undefined, initiator: string | undefined): string {
  const lines = ['<source>', `  <host name='${host}'${port ? ` port='${port}'` : ''}/>`];
  if (initiator) lines.push('  <initiator>', `    <iqn name='${initiator}'/>`, '  </initiator>');
  return `${[...lines, '</source>'].join('\n')}\n`;
}
