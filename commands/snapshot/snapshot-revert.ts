import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-revert',
  group: 'snapshot',
  summary: 'Revert a domain to a snapshot',
  description: 'Revert domain to snapshot',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'snapshot name' },
    { name: 'current', type: 'flag', help: 'revert to current snapshot' },
    { name: 'running', type: 'flag', help: 'after reverting, change state to running' },
    { name: 'paused', type: 'flag', help: 'after reverting, change state to paused' },
    { name: 'force', type: 'flag', help: 'try harder on risky reverts' },
    { name: 'reset-nvram', type: 'flag', help: 're-initialize NVRAM from its pristine template' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
