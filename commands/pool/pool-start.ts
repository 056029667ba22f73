import {
  VIR_STORAGE_POOL_CREATE_WITH_BUILD,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
  VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, exclusive, orFail } from '../../src/shell/index.js';
import { poolOf } from './pool-option.js';

export default defineCommand({
  name: 'pool-start',
  group: 'pool',
  summary: 'start a (previously defined) inactive pool',
  description: 'Start a pool.',
  options: [
    { name: 'pool', type: 'string', required: true, completer: 'storage-pool', help: 'pool name or uuid' },
    {
      name: 'build',
      type: 'flag',
      bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD,
      help: 'build the pool as normal',
    },
    {
      name: 'no-overwrite',
      type: 'flag',
      bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD_NO_OVERWRITE,
      help: 'do not overwrite any existing data',
    },
    {
      name: 'overwrite',
      type: 'flag',
      bit: VIR_STORAGE_POOL_CREATE_WITH_BUILD_OVERWRITE,
      help: 'overwrite any existing data',
    },
  ],
  rules: [exclusive('overwrite', 'no-overwrite')],
  async run(context, args) {
    const found = await poolOf(context, args);
    const name = args.text('pool');
    await orFail(`Failed to start pool ${name}`, found.create(args.bits()));
    context.output.extra(`Pool ${name} started\n`);
  },
});
