import { defineCommand } from '../../src/shell/index.js';
import { objectEventShape, printObjectEvents } from '../events/print-object-events.js';
import { waitingOptions } from '../events/waiting-options.js';
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
    ...waitingOptions,
  ],
  json: objectEventShape,
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
