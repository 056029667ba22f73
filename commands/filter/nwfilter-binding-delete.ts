import { defineCommand, orFail } from '../../src/shell/index.js';
import { bindingOf } from './binding-option.js';

export default defineCommand({
  name: 'nwfilter-binding-delete',
  group: 'filter',
  summary: 'delete a network filter binding',
  description: 'Delete a given network filter binding.',
  options: [
    {
      name: 'binding',
      type: 'string',
      required: true,
      completer: 'filter-binding',
      help: 'network filter binding port dev',
    },
  ],
  json: { object: { portDev: 'string' } },
  async run(context, args) {
    const binding = await bindingOf(context, args);
    await orFail(`Failed to delete network filter binding ${binding.portDev}`, binding.delete());
    context.emit({ portDev: binding.portDev });
    context.output.extra(`Network filter binding on ${binding.portDev} deleted\n`);
  },
});
