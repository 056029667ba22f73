import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'capabilities',
  group: 'host',
  summary: 'capabilities',
  description: 'Returns capabilities of hypervisor/driver.',
  manual: [
    'An XML document about the host (its CPU, memory topology, security model, migration) and the kinds of guest ' +
      'that it can run. For what an emulator can do in detail, see domcapabilities.',
  ],
  options: [],
  json: { object: { xml: 'string' } },
  async run(context) {
    const xml = await orFail('failed to get capabilities', context.connection.getCapabilities());
    context.emit({ xml });
    context.output.print(`${xml}\n`);
  },
});
