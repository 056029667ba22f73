import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'snapshot-create-as',
  group: 'snapshot',
  summary: 'Create a snapshot from a set of args',
  description: 'Create a snapshot (disk and RAM) from arguments',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'name', type: 'string', help: 'name of snapshot' },
    { name: 'description', type: 'string', help: 'description of snapshot' },
    { name: 'print-xml', type: 'flag', help: 'print XML document rather than create' },
    { name: 'no-metadata', type: 'flag', help: 'take snapshot but create no metadata' },
    { name: 'halt', type: 'flag', help: 'halt domain after snapshot is created' },
    { name: 'disk-only', type: 'flag', help: 'capture disk state but not vm state' },
    { name: 'reuse-external', type: 'flag', help: 'reuse any existing external files' },
    { name: 'quiesce', type: 'flag', help: "quiesce guest's file systems" },
    { name: 'atomic', type: 'flag', help: 'require atomic operation' },
    { name: 'live', type: 'flag', help: 'take a live snapshot' },
    { name: 'validate', type: 'flag', help: 'validate the XML against the schema' },
    {
      name: 'memspec',
      type: 'string',
      positional: false,
      completer: 'memspec',
      help: 'memory attributes: [file=]name[,snapshot=type]',
    },
    {
      name: 'diskspec',
      type: 'argv',
      completer: 'diskspec',
      help: 'disk attributes: disk[,snapshot=type][,driver=type][,stype=type][,file=name]',
    },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
