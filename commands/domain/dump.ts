import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'dump',
  group: 'domain',
  summary: 'dump the core of a domain to a file for analysis',
  description: 'Core dump a domain.',
  options: [
    { name: 'domain', type: 'string', required: true, completer: 'domain', help: 'domain name, id or uuid' },
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'where to dump the core' },
    { name: 'live', type: 'flag', help: 'perform a live core dump if supported' },
    { name: 'crash', type: 'flag', help: 'crash the domain after core dump' },
    { name: 'bypass-cache', type: 'flag', help: 'avoid file system cache when dumping' },
    { name: 'reset', type: 'flag', help: 'reset the domain after core dump' },
    { name: 'verbose', type: 'flag', help: 'display the progress of dump' },
    { name: 'memory-only', type: 'flag', help: "dump domain's memory only" },
    { name: 'format', type: 'string', help: 'specify the format of memory-only dump' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
