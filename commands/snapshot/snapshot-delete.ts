import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-delete',
  group: 'snapshot',
  summary: 'Delete a domain snapshot',
  description: 'Snapshot Delete',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'snapshot name' },
    { name: 'current', type: 'flag', help: 'delete current snapshot' },
    { name: 'children', type: 'flag', help: 'delete snapshot and all children' },
    { name: 'children-only', type: 'flag', help: 'delete children but not snapshot' },
    {
      name: 'metadata',
      type: 'flag',
      help: 'delete only libvirt metadata, leaving snapshot contents behind',
    },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
