import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'cpu-models',
  group: 'host',
  summary: 'CPU models',
  description: 'Get the CPU models for an arch.',
  options: [{ name: 'arch', type: 'string', required: true, help: 'architecture' }],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
