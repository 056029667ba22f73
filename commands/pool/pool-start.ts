import { defineCommand, orFail } from '../../src/shell/index.js';
import { buildOptions, buildRules } from './build-options.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-start',
  group: 'pool',
  summary: 'start a (previously defined) inactive pool',
  description: 'Start a pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    ...buildOptions,
  ],
  rules: buildRules,
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    await orFail(`Failed to start pool ${name}`, found.create(args.bits()));
    context.output.extra(`Pool ${name} started\n`);
  },
});
