import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'hostname',
  group: 'host',
  summary: 'print the hypervisor hostname',
  description: '',
  options: [],
  json: { object: { hostname: 'string' } },
  async run(context) {
    const hostname = await orFail('failed to get hostname', context.connection.getHostname());
    context.emit({ hostname });
    context.output.print(`${hostname}\n`);
  },
});
