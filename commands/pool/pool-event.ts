import { defineCommand } from '../../src/shell/index.js';
import { objectEventShape, printObjectEvents } from '../events/print-object-events.js';
import { waitingOptions } from '../events/waiting-options.js';
import { poolOf } from './pool-option.js';

const names = ['lifecycle', 'refresh'];

export default defineCommand({
  name: 'pool-event',
  group: 'pool',
  summary: 'Storage Pool Events',
  description: 'List event types, or wait for storage pool events to occur',
  options: [
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'filter by storage pool name or uuid' },
    { name: 'event', type: 'string', values: names, help: 'which event type to wait for' },
    ...waitingOptions,
  ],
  json: objectEventShape,
  long: true,
  jsonLines: true,
  async run(context, args) {
    await printObjectEvents(context, args, {
      object: 'pool',
      title: 'storage pool',
      names,
      types: ['Defined', 'Undefined', 'Started', 'Stopped', 'Created', 'Deleted'],
      key: async () => (args.has('pool') ? (await poolOf(context, args)).uuid : undefined),
    });
  },
});
