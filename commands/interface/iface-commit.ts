import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'iface-commit',
  group: 'interface',
  summary: 'commit changes made since iface-begin and free restore point',
  description: 'commit changes and free restore point',
  options: [],
  async run(context) {
    await orFail(
      'Failed to commit network config change transaction',
      context.connection.interfaceChangeCommit(),
    );
    context.output.extra('Network config change transaction committed\n');
  },
});
