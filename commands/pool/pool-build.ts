import {
  VIR_STORAGE_POOL_BUILD_NO_OVERWRITE,
  VIR_STORAGE_POOL_BUILD_OVERWRITE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, orFail } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-build',
  group: 'pool',
  summary: 'build a pool',
  description: 'Build a given pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    {
      name: 'no-overwrite',
      type: 'flag',
      bit: VIR_STORAGE_POOL_BUILD_NO_OVERWRITE,
      help: 'do not overwrite any existing data',
    },
    {
      name: 'overwrite',
      type: 'flag',
      bit: VIR_STORAGE_POOL_BUILD_OVERWRITE,
      help: 'overwrite any existing data',
    },
  ],
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    await orFail(`Failed to build pool ${name}`, found.build(args.bits()));
    context.output.extra(`Pool ${name} built\n`);
  },
});
