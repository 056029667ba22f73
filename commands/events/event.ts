import type { DomainEvent, DomainEventName, Subscription } from '../../src/hypervisor/index.js';
import { CommandError, type Context, defineCommand, domainOf, exclusive } from '../../src/shell/index.js';
import { describeDomainEvent, domainEventNames } from './describe-domain-event.js';
import { printEvents } from './print-events.js';
import { waitingOptions } from './waiting-options.js';

export default defineCommand({
  name: 'event',
  group: 'events',
  summary: 'Domain Events',
  description: 'List event types, or wait for domain events to occur',
  manual: [
    'Waits for something to happen to a guest and prints a line about it; with --loop for everything that happens until --timeout or an interrupt. --list prints the kinds of events. --domain restricts them to one guest, --timestamp puts the time in front of each.',
    'With --json every event is a line of JSON of its own: `event`, `domain`, `uuid`, and what is particular to the kind. The exit status is 1 if no event came.',
  ],
  options: [
    { name: 'domain', type: 'string', completer: 'domain', help: 'filter by domain name, id or uuid' },
    { name: 'event', type: 'string', values: domainEventNames, help: 'which event type to wait for' },
    { name: 'all', type: 'flag', help: 'wait for all events instead of just one type' },
    ...waitingOptions,
  ],
  rules: [exclusive('all', 'event'), exclusive('list', 'all'), exclusive('list', 'event')],
  long: true,
  jsonLines: true,
  json: 'any',
  async run(context, args) {
    if (args.flag('list')) {
      for (const name of domainEventNames) {
        context.emitLine({ event: name });
        context.output.print(`${name}\n`);
      }
      return;
    }
    const wanted = args.optional('event');
    if (wanted === undefined && !args.flag('all')) {
      throw new CommandError('one of --list, --all, or --event <type> is required');
    }
    const names = domainEventNames.filter((name) => wanted === undefined || name === wanted);
    if (names.length === 0) throw new CommandError(`unknown event type ${wanted}`);
    const timeout = args.timeout();
    const domain = args.has('domain') ? await domainOf(context, args) : undefined;
    await printEvents<DomainEvent>(context, {
      loop: args.flag('loop'),
      timestamp: args.flag('timestamp'),
      timeout,
      watch: (listener) => watchAll(context, names, listener, domain?.uuid),
      describe: describeDomainEvent,
      json: ({ domain: { name, uuid }, event, ...details }) => ({ event, domain: name, uuid, ...details }),
    });
  },
});

/**
 * Watches all kinds that the hypervisor knows: one that it does not is left out, unless it is the only one.
 */
async function watchAll(
  { connection }: Context,
  names: readonly DomainEventName[],
  listener: (event: DomainEvent) => void,
  domain: string | undefined,
): Promise<Subscription> {
  const subscriptions: Subscription[] = [];
  for (const name of names) {
    try {
      subscriptions.push(await connection.watchDomainEvents([name], listener, domain));
    } catch (error) {
      if (subscriptions.length === 0) throw error;
    }
  }
  return {
    close: async () => {
      for (const subscription of subscriptions) await subscription.close();
    },
  };
}
