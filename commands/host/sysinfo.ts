import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'sysinfo',
  group: 'host',
  summary: 'print the hypervisor sysinfo',
  description: 'output an XML string for the hypervisor sysinfo, if available\n\n',
  options: [],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
