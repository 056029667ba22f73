import { defineCommand } from '../../src/shell/index.js';
import { objectEventShape, printObjectEvents } from '../events/print-object-events.js';
import { waitingOptions } from '../events/waiting-options.js';
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
    ...waitingOptions,
  ],
  json: objectEventShape,
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
