import { defineCommand } from '../../src/shell/index.js';
import { printObjectEvents } from '../events/print-object-events.js';
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
      object: 'node-device',
      title: 'node device',
      names,
      types: ['Created', 'Deleted', 'Defined', 'Undefined'],
      key: async () => (args.has('device') ? (await nodeDeviceOf(context, args)).name : undefined),
    });
  },
});
