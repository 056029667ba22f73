import { defineCommand, orFail } from '../../src/shell/index.js';
import { filterOf } from './filter-option.js';

export default defineCommand({
  name: 'nwfilter-undefine',
  group: 'filter',
  summary: 'undefine a network filter',
  description: 'Undefine a given network filter.',
  options: [
    {
      name: 'nwfilter',
      type: 'string',
      required: true,
      completer: 'network-filter',
      help: 'network filter name or uuid',
    },
  ],
  async run(context, args) {
    const found = await filterOf(context, args);
    const name = args.text('nwfilter');
    await orFail(`Failed to undefine network filter ${name}`, found.undefine());
    context.output.extra(`Network filter ${name} undefined\n`);
  },
});
