import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'iface-rollback',
  group: 'interface',
  summary: 'rollback to previous saved configuration created via iface-begin',
  description: 'rollback to previous restore point',
  options: [],
  async run(context) {
    await orFail(
      'Failed to rollback network config change transaction',
      context.connection.interfaceChangeRollback(),
    );
    context.output.extra('Network config change transaction rolled back\n');
  },
});
