import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'cpu-baseline',
  group: 'host',
  summary: 'compute baseline CPU',
  description: 'Compute baseline CPU for a set of given CPUs.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing XML CPU descriptions',
    },
    { name: 'features', type: 'flag', help: 'Show features that are part of the CPU model type' },
    { name: 'migratable', type: 'flag', help: 'Do not include features that block migration' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
