import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'iface-begin',
  group: 'interface',
  summary:
    'create a snapshot of current interfaces settings, which can be later committed (iface-commit) or restored (iface-rollback)',
  description: 'Create a restore point for interfaces settings',
  options: [],
  async run(context) {
    await orFail(
      'Failed to begin network config change transaction',
      context.connection.interfaceChangeBegin(),
    );
    context.output.extra('Network config change transaction started\n');
  },
});
