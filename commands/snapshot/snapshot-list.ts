import {
  VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE,
  VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS,
  VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL,
  VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE,
  VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL,
  VIR_DOMAIN_SNAPSHOT_LIST_LEAVES,
  VIR_DOMAIN_SNAPSHOT_LIST_METADATA,
  VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES,
  VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_LIST_ROOTS,
  VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL,
} from '../../src/hypervisor/constants.js';
import type { Domain, Snapshot } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  formatTable,
  formatTree,
  localTime,
} from '../../src/shell/index.js';
import { filtersWithoutTree, optionRules } from '../../src/snapshot/flag-rules.js';
import { parentName } from '../../src/snapshot/parent-name.js';
import { sortByName } from '../shell/sort-by-name.js';
import { describeSnapshot } from './describe-snapshot.js';
import { findOneSnapshot } from './find-snapshot.js';

export default defineCommand({
  name: 'snapshot-list',
  group: 'snapshot',
  summary: 'List snapshots for a domain',
  description: 'Snapshot List',
  manual: [
    'Lists the snapshots that libvirt has a record of, with the time each was made and what the guest was doing then. Names are in alphabetical order; with --topological every snapshot comes after its parent.',
    'Filters come in groups: --leaves and --no-leaves; --metadata and --no-metadata; --inactive, --active and --disk-only; --internal and --external. Several filters of one group widen the list, filters of different groups narrow it.',
    '--from lists the children of one snapshot, --current those of the current one; with --descendants their children too. --tree draws who descends from whom; filters that could tear the tree apart do not go with it. In the interactive shell the tree also shows which snapshot is the current one, of what kind each is and how much space it takes.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
    { name: 'parent', type: 'flag', help: 'add a column showing parent snapshot' },
    {
      name: 'roots',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_ROOTS,
      help: 'list only snapshots without parents',
    },
    {
      name: 'leaves',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_LEAVES,
      help: 'list only snapshots without children',
    },
    {
      name: 'no-leaves',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_NO_LEAVES,
      help: 'list only snapshots that are not leaves (with children)',
    },
    {
      name: 'metadata',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_METADATA,
      help: 'list only snapshots that have metadata that would prevent undefine',
    },
    {
      name: 'no-metadata',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_NO_METADATA,
      help: 'list only snapshots that have no metadata managed by libvirt',
    },
    {
      name: 'inactive',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_INACTIVE,
      help: 'filter by snapshots taken while inactive',
    },
    {
      name: 'active',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_ACTIVE,
      help: 'filter by snapshots taken while active (full system snapshots)',
    },
    {
      name: 'disk-only',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_DISK_ONLY,
      help: 'filter by disk-only snapshots',
    },
    {
      name: 'internal',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_INTERNAL,
      help: 'filter by internal snapshots',
    },
    {
      name: 'external',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_EXTERNAL,
      help: 'filter by external snapshots',
    },
    { name: 'tree', type: 'flag', help: 'list snapshots in a tree' },
    { name: 'from', type: 'string', completer: 'snapshot', help: 'limit list to children of given snapshot' },
    { name: 'current', type: 'flag', help: 'limit list to children of current snapshot' },
    {
      name: 'descendants',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_DESCENDANTS,
      help: 'with --from, list all descendants',
    },
    { name: 'name', type: 'flag', help: 'list snapshot names only' },
    {
      name: 'topological',
      type: 'flag',
      bit: VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL,
      help: 'sort list topologically rather than by name',
    },
  ],
  rules: optionRules['snapshot-list'],
  json: {
    list: {
      object: {
        name: 'string',
        creationTime: { oneOf: ['integer', 'null'] },
        state: { oneOf: ['string', 'null'] },
        location: 'string',
        parent: { oneOf: ['string', 'null'] },
      },
    },
  },
  async run(context, args) {
    const tree = args.flag('tree');
    for (const filter of filtersWithoutTree) {
      if (tree && args.has(filter)) throw new CommandError(`--${filter} and --tree are mutually exclusive`);
    }
    const from = args.has('from');
    const current = args.flag('current');
    if (args.flag('descendants') && !from && !current) {
      throw new CommandError('--descendants requires either --from or --current');
    }
    const domain = await domainOf(context, args);
    const start =
      from || current
        ? await findOneSnapshot(domain, { option: 'from', name: args.optional('from'), current })
        : undefined;
    const flags = args.bits();
    const found = start ? await start.listAllChildren(flags) : await domain.listAllSnapshots(flags);
    const snapshots = args.flag('topological') ? found : sortByName(found);
    if (context.json) context.emit(await Promise.all(snapshots.map(describe)));
    else if (tree && context.screen) context.output.print(await drawPicture(domain, snapshots, start));
    else if (tree) context.output.print(await drawTree(snapshots, start));
    else if (args.flag('name')) {
      for (const { name } of snapshots) context.output.print(`${name}\n`);
    } else {
      context.output.print(await drawTable(snapshots, args.flag('parent'), context.output.quiet));
    }
  },
});

async function describe(snapshot: Snapshot): Promise<object> {
  const { creationTime, state, location, parent } = await describeSnapshot(snapshot);
  return {
    name: snapshot.name,
    creationTime: creationTime ?? null,
    state: state ?? null,
    location,
    parent: parent ?? null,
  };
}

/** @param start drawn as the root, above its children. */
async function drawTree(snapshots: readonly Snapshot[], start: Snapshot | undefined): Promise<string> {
  const nodes = [];
  for (const snapshot of snapshots) nodes.push({ name: snapshot.name, parent: await parentName(snapshot) });
  return formatTree(start ? [{ name: start.name, parent: undefined }, ...nodes] : nodes);
}

/** The tree as people would rather see it: with the current snapshot, kinds and sizes. */
async function drawPicture(
  domain: Domain,
  snapshots: readonly Snapshot[],
  start: Snapshot | undefined,
): Promise<string> {
  const { snapshotFacts } = await import('./snapshot-tree.js');
  const { treeText } = await import('./snapshot-tree-text.js');
  return treeText(await snapshotFacts(domain, start ? [start, ...snapshots] : snapshots));
}

/** A snapshot that vanished meanwhile, or that lacks state or time, is left out, as in virsh. */
async function drawTable(
  snapshots: readonly Snapshot[],
  withParent: boolean,
  quiet: boolean,
): Promise<string> {
  const rows: string[][] = [];
  for (const snapshot of snapshots) {
    const described = await describeSnapshot(snapshot).catch(() => undefined);
    if (described?.state === undefined || described.creationTime === undefined) continue;
    const row = [snapshot.name, localTime(described.creationTime), described.state];
    rows.push(withParent ? [...row, described.parent ?? ''] : row);
  }
  const header = ['Name', 'Creation Time', 'State', ...(withParent ? ['Parent'] : [])];
  return formatTable(quiet ? null : header, rows);
}
