import { defineCommand } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodesuspend',
  group: 'host',
  summary: 'suspend the host node for a given time duration',
  description: 'Suspend the host node for a given time duration and attempt to resume thereafter.',
  options: [
    {
      name: 'target',
      type: 'string',
      required: true,
      help: 'mem(Suspend-to-RAM), disk(Suspend-to-Disk), hybrid(Hybrid-Suspend)',
    },
    { name: 'duration', type: 'int', required: true, help: 'Suspend duration in seconds, at least 60' },
  ],
  async run(_context, _args) {
    throw new Error('not written yet');
  },
});
