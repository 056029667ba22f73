import { defineCommand } from '../../src/shell/index.js';
import { printObjectEvents } from '../events/print-object-events.js';
import { secretOf } from './secret-option.js';

const names = ['lifecycle', 'value-changed'];

export default defineCommand({
  name: 'secret-event',
  group: 'secret',
  summary: 'Secret Events',
  description: 'List event types, or wait for secret events to occur',
  options: [
    { name: 'secret', type: 'string', completer: 'secret', help: 'filter by secret name or uuid' },
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
      object: 'secret',
      title: 'secret',
      names,
      types: ['Defined', 'Undefined'],
      key: async () => (args.has('secret') ? (await secretOf(context, args)).uuid : undefined),
    });
  },
});
