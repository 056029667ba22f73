import { defineCommand } from '../../src/shell/index.js';
import { objectEventShape, printObjectEvents } from '../events/print-object-events.js';
import { waitingOptions } from '../events/waiting-options.js';
import { nodeDeviceOf } from './device-option.js';

const names = ['lifecycle', 'update'];

export default defineCommand({
  name: 'nodedev-event',
  group: 'nodedev',
  summary: 'Node Device Events',
  description: 'List event types, or wait for node device events to occur',
  options: [
    { name: 'device', type: 'string', completer: 'node-device', help: 'filter by node device name' },
    { name: 'event', type: 'string', values: names, help: 'which event type to wait for' },
    ...waitingOptions,
  ],
  json: objectEventShape,
  long: true,
  jsonLines: true,
  async run(context, args) {
    await printObjectEvents(context, args, {
      object: 'node-device',
      title: 'node device',
      names,
      types: ['Created', 'Deleted', 'Defined', 'Undefined'],
      key: async () => (args.has('device') ? (await nodeDeviceOf(context, args)).name : undefined),
    });
  },
});
