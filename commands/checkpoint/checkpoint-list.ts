import {
  VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS,
  VIR_DOMAIN_CHECKPOINT_LIST_LEAVES,
  VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES,
  VIR_DOMAIN_CHECKPOINT_LIST_ROOTS,
  VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL,
} from '../../src/hypervisor/constants.js';
import type { Checkpoint } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  formatTable,
  formatTree,
  localTime,
  orFail,
  parseWhole,
  parseXml,
  textAt,
} from '../../src/shell/index.js';
import { sortByName } from '../shell/sort-by-name.js';
import { checkpointParent, findCheckpoint } from './find-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-list',
  group: 'checkpoint',
  summary: 'List checkpoints for a domain',
  description: 'Checkpoint List',
  manual: [
    'Lists the checkpoints of a domain by name; with --topological every one comes after its parent. --from lists the children of one, with --descendants their children too. --tree draws who came after whom.',
  ],
  options: [
    domainOption('domain-with-checkpoint'),
    { name: 'parent', type: 'flag', help: 'add a column showing parent checkpoint' },
    {
      name: 'roots',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_LIST_ROOTS,
      help: 'list only checkpoints without parents',
    },
    {
      name: 'leaves',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_LIST_LEAVES,
      help: 'list only checkpoints without children',
    },
    {
      name: 'no-leaves',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_LIST_NO_LEAVES,
      help: 'list only checkpoints that are not leaves (with children)',
    },
    { name: 'tree', type: 'flag', help: 'list checkpoints in a tree' },
    {
      name: 'from',
      type: 'string',
      completer: 'checkpoint',
      help: 'limit list to children of given checkpoint',
    },
    {
      name: 'descendants',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS,
      help: 'with --from, list all descendants',
    },
    { name: 'name', type: 'flag', help: 'list checkpoint names only' },
    {
      name: 'topological',
      type: 'flag',
      bit: VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL,
      help: 'sort list topologically rather than by name',
    },
  ],
  rules: [
    exclusive('tree', 'name'),
    exclusive('parent', 'roots'),
    exclusive('parent', 'tree'),
    exclusive('roots', 'tree'),
    exclusive('roots', 'from'),
  ],
  json: {
    list: {
      object: {
        name: 'string',
        creationTime: { oneOf: ['integer', 'null'] },
        parent: { oneOf: ['string', 'null'] },
      },
    },
  },
  async run(context, args) {
    const tree = args.flag('tree');
    for (const filter of ['leaves', 'no-leaves'] as const) {
      if (tree && args.flag(filter)) throw new CommandError(`--${filter} and --tree are mutually exclusive`);
    }
    if (args.flag('descendants') && !args.has('from'))
      throw new CommandError('--descendants requires --from');
    const domain = await domainOf(context, args);
    const start = args.has('from') ? await findCheckpoint(domain, 'from', args.optional('from')) : undefined;
    const found = await orFail(
      'unexpected problem querying checkpoints',
      start ? start.listAllChildren(args.bits()) : domain.listAllCheckpoints(args.bits()),
    );
    const checkpoints = args.flag('topological') ? found : sortByName(found);
    if (context.json) context.emit(await Promise.all(checkpoints.map(describe)));
    else if (tree) context.output.print(await drawTree(checkpoints, start));
    else if (args.flag('name')) context.output.print(checkpoints.map(({ name }) => `${name}\n`).join(''));
    else context.output.print(await drawTable(checkpoints, args.flag('parent'), context.output.quiet));
  },
});

async function describe(checkpoint: Checkpoint) {
  const document = await parseXml(await checkpoint.getXMLDesc());
  const time = parseWhole(textAt(document, 'creationTime'));
  return {
    name: checkpoint.name,
    creationTime: time === undefined ? null : Number(time),
    parent: textAt(document, 'parent', 'name') || null,
  };
}

/** @param start drawn as the root, above its children. */
async function drawTree(checkpoints: readonly Checkpoint[], start: Checkpoint | undefined): Promise<string> {
  const nodes = [];
  for (const checkpoint of checkpoints) {
    nodes.push({ name: checkpoint.name, parent: await checkpointParent(checkpoint) });
  }
  return formatTree(start ? [{ name: start.name, parent: undefined }, ...nodes] : nodes);
}

/** A checkpoint that vanished meanwhile, or that has no time, is left out, as in virsh. */
async function drawTable(
  checkpoints: readonly Checkpoint[],
  withParent: boolean,
  quiet: boolean,
): Promise<string> {
  const rows: string[][] = [];
  for (const checkpoint of checkpoints) {
    const described = await describe(checkpoint).catch(() => undefined);
    if (!described || described.creationTime === null) continue;
    const row = [described.name, localTime(BigInt(described.creationTime))];
    rows.push(withParent ? [...row, described.parent ?? ''] : row);
  }
  const header = ['Name', 'Creation Time', ...(withParent ? ['Parent'] : [])];
  return formatTable(quiet ? null : header, rows);
}
