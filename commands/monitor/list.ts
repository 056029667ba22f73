import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'list',
  group: 'monitor',
  summary: 'list domains',
  description: 'Returns list of domains.',
  options: [
    { name: 'inactive', type: 'flag', help: 'list inactive domains' },
    { name: 'all', type: 'flag', help: 'list inactive & active domains' },
    { name: 'transient', type: 'flag', help: 'list transient domains' },
    { name: 'persistent', type: 'flag', help: 'list persistent domains' },
    { name: 'with-snapshot', type: 'flag', help: 'list domains with existing snapshot' },
    { name: 'without-snapshot', type: 'flag', help: 'list domains without a snapshot' },
    { name: 'with-checkpoint', type: 'flag', help: 'list domains with existing checkpoint' },
    { name: 'without-checkpoint', type: 'flag', help: 'list domains without a checkpoint' },
    { name: 'state-running', type: 'flag', help: 'list domains in running state' },
    { name: 'state-paused', type: 'flag', help: 'list domains in paused state' },
    { name: 'state-shutoff', type: 'flag', help: 'list domains in shutoff state' },
    { name: 'state-other', type: 'flag', help: 'list domains in other states' },
    { name: 'autostart', type: 'flag', help: 'list domains with autostart enabled' },
    { name: 'no-autostart', type: 'flag', help: 'list domains with autostart disabled' },
    { name: 'with-managed-save', type: 'flag', help: 'list domains with managed save state' },
    { name: 'without-managed-save', type: 'flag', help: 'list domains without managed save' },
    { name: 'uuid', type: 'flag', help: "list uuid's only" },
    { name: 'name', type: 'flag', help: 'list domain names only' },
    { name: 'id', type: 'flag', help: 'list domain IDs only' },
    { name: 'table', type: 'flag', help: 'list table (default)' },
    { name: 'managed-save', type: 'flag', help: 'mark inactive domains with managed save state' },
    { name: 'title', type: 'flag', help: 'show domain title' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
