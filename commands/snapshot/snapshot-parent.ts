import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-parent',
  group: 'snapshot',
  summary: 'Get the name of the parent of a snapshot',
  description: "Extract the snapshot's parent, if any",
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'find parent of snapshot name' },
    { name: 'current', type: 'flag', help: 'find parent of current snapshot' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
