import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-create',
  group: 'snapshot',
  summary: 'Create a snapshot from XML',
  description: 'Create a snapshot (disk and RAM) from XML',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'xmlfile', type: 'string', completer: 'path', help: 'domain snapshot XML' },
    { name: 'redefine', type: 'flag', help: 'redefine metadata for existing snapshot' },
    { name: 'current', type: 'flag', help: 'with redefine, set current snapshot' },
    { name: 'no-metadata', type: 'flag', help: 'take snapshot but create no metadata' },
    { name: 'halt', type: 'flag', help: 'halt domain after snapshot is created' },
    { name: 'disk-only', type: 'flag', help: 'capture disk state but not vm state' },
    { name: 'reuse-external', type: 'flag', help: 'reuse any existing external files' },
    { name: 'quiesce', type: 'flag', help: "quiesce guest's file systems" },
    { name: 'atomic', type: 'flag', help: 'require atomic operation' },
    { name: 'live', type: 'flag', help: 'take a live snapshot' },
    { name: 'validate', type: 'flag', help: 'validate the XML against the schema' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
