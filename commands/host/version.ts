import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'version',
  group: 'host',
  summary: 'show version',
  description: 'Display the system version information.',
  options: [{ name: 'daemon', type: 'flag', help: 'report daemon version too' }],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
