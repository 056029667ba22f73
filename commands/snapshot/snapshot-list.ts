import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-list',
  group: 'snapshot',
  summary: 'List snapshots for a domain',
  description: 'Snapshot List',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'parent', type: 'flag', help: 'add a column showing parent snapshot' },
    { name: 'roots', type: 'flag', help: 'list only snapshots without parents' },
    { name: 'leaves', type: 'flag', help: 'list only snapshots without children' },
    { name: 'no-leaves', type: 'flag', help: 'list only snapshots that are not leaves (with children)' },
    {
      name: 'metadata',
      type: 'flag',
      help: 'list only snapshots that have metadata that would prevent undefine',
    },
    {
      name: 'no-metadata',
      type: 'flag',
      help: 'list only snapshots that have no metadata managed by libvirt',
    },
    { name: 'inactive', type: 'flag', help: 'filter by snapshots taken while inactive' },
    { name: 'active', type: 'flag', help: 'filter by snapshots taken while active (full system snapshots)' },
    { name: 'disk-only', type: 'flag', help: 'filter by disk-only snapshots' },
    { name: 'internal', type: 'flag', help: 'filter by internal snapshots' },
    { name: 'external', type: 'flag', help: 'filter by external snapshots' },
    { name: 'tree', type: 'flag', help: 'list snapshots in a tree' },
    { name: 'from', type: 'string', completer: 'snapshot', help: 'limit list to children of given snapshot' },
    { name: 'current', type: 'flag', help: 'limit list to children of current snapshot' },
    { name: 'descendants', type: 'flag', help: 'with --from, list all descendants' },
    { name: 'name', type: 'flag', help: 'list snapshot names only' },
    { name: 'topological', type: 'flag', help: 'sort list topologically rather than by name' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
