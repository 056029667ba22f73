import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'hostname',
  group: 'host',
  summary: 'print the hypervisor hostname',
  description: '',
  options: [],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
