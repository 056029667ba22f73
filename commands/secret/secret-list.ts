import {
  VIR_CONNECT_LIST_SECRETS_EPHEMERAL,
  VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL,
  VIR_CONNECT_LIST_SECRETS_NO_PRIVATE,
  VIR_CONNECT_LIST_SECRETS_PRIVATE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, formatTable } from '../../src/shell/index.js';
import { listOrCount } from '../shell/list-or-count.js';

export default defineCommand({
  name: 'secret-list',
  group: 'secret',
  summary: 'list secrets',
  description: 'Returns a list of secrets',
  options: [
    {
      name: 'ephemeral',
      type: 'flag',
      bit: VIR_CONNECT_LIST_SECRETS_EPHEMERAL,
      help: 'list ephemeral secrets',
    },
    {
      name: 'no-ephemeral',
      type: 'flag',
      bit: VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL,
      help: 'list non-ephemeral secrets',
    },
    { name: 'private', type: 'flag', bit: VIR_CONNECT_LIST_SECRETS_PRIVATE, help: 'list private secrets' },
    {
      name: 'no-private',
      type: 'flag',
      bit: VIR_CONNECT_LIST_SECRETS_NO_PRIVATE,
      help: 'list non-private secrets',
    },
  ],
  json: { list: { object: { uuid: 'string', usage: { oneOf: ['string', 'null'] } } } },
  async run(context, args) {
    const { connection } = context;
    const found = await listOrCount({
      what: 'node secrets',
      counted: 'secrets',
      flags: args.bits(),
      list: (flags) => connection.listAllSecrets(flags),
      count: () => connection.numOfSecrets(),
    });
    const values: { uuid: string; usage: string | null }[] = [];
    for (const secret of [...found].sort((a, b) => (a.uuid < b.uuid ? -1 : 1))) {
      const type = await secret.getUsageType();
      values.push({
        uuid: secret.uuid,
        usage: type === 0 ? null : `${usageNames[type] ?? type} ${await secret.getUsageID()}`,
      });
    }
    context.emit(values);
    const rows = values.map(({ uuid, usage }) => [uuid, usage ?? 'Unused']);
    context.output.print(await formatTable(context.output.quiet ? null : ['UUID', 'Usage'], rows));
  },
});

const usageNames = ['none', 'volume', 'ceph', 'iscsi', 'tls', 'vtpm'];
