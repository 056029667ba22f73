import {
  VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
  VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE,
  VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
  VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_OTHER,
  VIR_CONNECT_LIST_DOMAINS_PAUSED,
  VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
  VIR_CONNECT_LIST_DOMAINS_RUNNING,
  VIR_CONNECT_LIST_DOMAINS_SHUTOFF,
  VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_SNAPSHOT,
  VIR_DOMAIN_SHUTOFF,
} from '../../src/hypervisor/constants.js';
import { type Domain, type DomainState, describeReason, describeState } from '../../src/hypervisor/index.js';
import {
  type Context,
  defineCommand,
  domainDescription,
  exclusive,
  formatTable,
} from '../../src/shell/index.js';
import { listDomains } from './list-domains.js';

export default defineCommand({
  name: 'list',
  group: 'monitor',
  summary: 'list domains',
  description: 'Returns list of domains.',
  manual: [
    'Without options, the guests that are active: running or paused. Options that filter by one property combine; ' +
      'the two sides of one property (such as --transient and --persistent) given together let everything through.',
    'A guest that stands still while a full snapshot saves its memory is shown as "paused (creating snapshot)"; it ' +
      'goes on by itself.',
  ],
  options: [
    { name: 'inactive', type: 'flag', help: 'list inactive domains' },
    { name: 'all', type: 'flag', help: 'list inactive & active domains' },
    {
      name: 'transient',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
      help: 'list transient domains',
    },
    {
      name: 'persistent',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
      help: 'list persistent domains',
    },
    {
      name: 'with-snapshot',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
      help: 'list domains with existing snapshot',
    },
    {
      name: 'without-snapshot',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
      help: 'list domains without a snapshot',
    },
    {
      name: 'with-checkpoint',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
      help: 'list domains with existing checkpoint',
    },
    {
      name: 'without-checkpoint',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
      help: 'list domains without a checkpoint',
    },
    {
      name: 'state-running',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_RUNNING,
      help: 'list domains in running state',
    },
    {
      name: 'state-paused',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_PAUSED,
      help: 'list domains in paused state',
    },
    {
      name: 'state-shutoff',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_SHUTOFF,
      help: 'list domains in shutoff state',
    },
    {
      name: 'state-other',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_OTHER,
      help: 'list domains in other states',
    },
    {
      name: 'autostart',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
      help: 'list domains with autostart enabled',
    },
    {
      name: 'no-autostart',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
      help: 'list domains with autostart disabled',
    },
    {
      name: 'with-managed-save',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
      help: 'list domains with managed save state',
    },
    {
      name: 'without-managed-save',
      type: 'flag',
      bit: VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
      help: 'list domains without managed save',
    },
    { name: 'uuid', type: 'flag', help: "list uuid's only" },
    { name: 'name', type: 'flag', help: 'list domain names only' },
    { name: 'id', type: 'flag', help: 'list domain IDs only' },
    { name: 'table', type: 'flag', help: 'list table (default)' },
    { name: 'managed-save', type: 'flag', help: 'mark inactive domains with managed save state' },
    { name: 'title', type: 'flag', help: 'show domain title' },
  ],
  rules: [exclusive('table', 'name'), exclusive('table', 'uuid'), exclusive('table', 'id')],
  json: {
    list: {
      object: {
        id: { oneOf: ['integer', 'null'] },
        name: 'string',
        uuid: 'string',
        'state?': 'string',
        'reason?': 'string',
        'title?': 'string',
      },
    },
  },
  async run(context, args) {
    let scope = VIR_CONNECT_LIST_DOMAINS_ACTIVE;
    if (args.flag('inactive') || args.flag('state-shutoff')) scope = VIR_CONNECT_LIST_DOMAINS_INACTIVE;
    if (args.flag('all')) scope = VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE;
    const domains = await listDomains(context.connection, scope | args.bits());
    const fields = { id: args.flag('id'), name: args.flag('name'), uuid: args.flag('uuid') };
    const table = !fields.id && !fields.name && !fields.uuid;
    if (table || context.json) {
      await printTable(context, domains, {
        uuid: fields.uuid,
        title: args.flag('title'),
        managedSave: args.flag('managed-save'),
      });
      return;
    }
    for (const { domain, id } of domains) {
      const words: string[] = [];
      if (fields.uuid) words.push(domain.uuid);
      if (fields.id) {
        // Asked for ids alone, virsh leaves out domains that have none.
        if (id < 0 && !fields.uuid && !fields.name) continue;
        words.push(idText(id));
      }
      if (fields.name) words.push(domain.name);
      context.output.print(`${words.join(' ')}\n`);
    }
  },
});

interface TableOptions {
  readonly uuid: boolean;
  readonly title: boolean;
  readonly managedSave: boolean;
}

async function printTable(
  context: Context,
  domains: readonly { domain: Domain; id: number }[],
  options: TableOptions,
): Promise<void> {
  const rows: string[][] = [];
  const values: object[] = [];
  for (const { domain, id } of domains) {
    let state: DomainState;
    try {
      state = await domain.getState();
    } catch {
      // Gone since the list was made.
      continue;
    }
    const word = await stateWord(domain, state, options.managedSave);
    const title = options.title ? await domainDescription(domain, 'title') : undefined;
    rows.push([
      idText(id),
      domain.name,
      word,
      ...(title === undefined ? [] : [title]),
      ...(options.uuid ? [domain.uuid] : []),
    ]);
    values.push({
      id: id < 0 ? null : id,
      name: domain.name,
      uuid: domain.uuid,
      state: word === 'saved' ? word : describeState(state.state),
      reason: describeReason(state.state, state.reason),
      title,
    });
  }
  context.emit(values);
  const header = [
    'Id',
    'Name',
    'State',
    ...(options.title ? ['Title'] : []),
    ...(options.uuid ? ['UUID'] : []),
  ];
  context.output.print(await formatTable(context.output.quiet ? null : header, rows));
}

/** What the State column says; virsh has no words for a guest that a snapshot holds. */
async function stateWord(
  domain: Domain,
  { state, reason }: DomainState,
  managedSave: boolean,
): Promise<string> {
  const word = describeState(state);
  if (managedSave && state === VIR_DOMAIN_SHUTOFF) {
    return (await domain.hasManagedSaveImage().catch(() => false)) ? 'saved' : word;
  }
  return state === VIR_DOMAIN_PAUSED && reason === VIR_DOMAIN_PAUSED_SNAPSHOT
    ? `${word} (${describeReason(state, reason)})`
    : word;
}

const idText = (id: number): string => (id < 0 ? '-' : String(id));
