import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'uri',
  group: 'host',
  summary: 'print the hypervisor canonical URI',
  description: '',
  options: [],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
