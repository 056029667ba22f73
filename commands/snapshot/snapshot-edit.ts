import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-edit',
  group: 'snapshot',
  summary: 'edit XML for a snapshot',
  description: 'Edit the domain snapshot XML for a named snapshot',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'snapshot name' },
    { name: 'current', type: 'flag', help: 'also set edited snapshot as current' },
    { name: 'rename', type: 'flag', help: 'allow renaming an existing snapshot' },
    { name: 'clone', type: 'flag', help: 'allow cloning to new name' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
