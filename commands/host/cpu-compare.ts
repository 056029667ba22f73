import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'cpu-compare',
  group: 'host',
  summary: 'compare host CPU with a CPU described by an XML file',
  description: 'compare CPU with host CPU',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing an XML CPU description',
    },
    { name: 'error', type: 'flag', help: 'report error if CPUs are incompatible' },
    { name: 'validate', type: 'flag', help: 'validate the XML document against schema' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
