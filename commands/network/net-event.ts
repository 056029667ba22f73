import { defineCommand } from '../../src/shell/index.js';
import { printObjectEvents } from '../events/print-object-events.js';
import { networkOf } from './network-option.js';

const names = ['lifecycle'];

export default defineCommand({
  name: 'net-event',
  group: 'network',
  summary: 'Network Events',
  description: 'List event types, or wait for network events to occur',
  options: [
    { name: 'network', type: 'string', completer: 'network', help: 'filter by network name or uuid' },
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
      object: 'network',
      title: 'network',
      names,
      types: ['Defined', 'Undefined', 'Started', 'Stopped'],
      key: async () => (args.has('network') ? (await networkOf(context, args)).uuid : undefined),
    });
  },
});
