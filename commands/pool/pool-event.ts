import { defineCommand } from '../../src/shell/index.js';
import { printObjectEvents } from '../events/print-object-events.js';
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
    { name: 'loop', type: 'flag', help: 'loop until timeout or interrupt, rather than one-shot' },
    { name: 'timeout', type: 'int', help: 'timeout seconds' },
    { name: 'list', type: 'flag', help: 'list valid event types' },
    { name: 'timestamp', type: 'flag', help: 'show timestamp for each printed event' },
  ],
  json: { object: { 'time?': 'string', event: 'string', 'object?': 'string', 'type?': 'string' } },
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
