import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'uri',
  group: 'host',
  summary: 'print the hypervisor canonical URI',
  description: '',
  options: [],
  json: { object: { uri: 'string' } },
  async run(context) {
    const uri = await orFail('failed to get URI', context.connection.getURI());
    context.emit({ uri });
    context.output.print(`${uri}\n`);
  },
});
