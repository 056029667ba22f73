import type { Events, ObjectEvent } from '../../src/hypervisor/index.js';
import { type Arguments, CommandError, type Context } from '../../src/shell/index.js';
import { printEvents } from './print-events.js';

/** A line of --json. */
export const objectEventShape = {
  object: { 'time?': 'string', event: 'string', 'object?': 'string', 'type?': 'string' },
} as const;

export interface ObjectEvents {
  readonly object: Parameters<Events['watchObjectEvents']>[0];
  /** What virsh calls one of them. */
  readonly title: string;
  /** Every event there is. */
  readonly names: readonly string[];
  /** What becomes of one, by the number that a life cycle event tells. */
  readonly types: readonly string[];
  /** Tells the only one that is wanted apart; undefined for all. */
  readonly key: () => Promise<string | undefined>;
}

/** Lists or prints events of what is no domain, as virsh's commands for them do. @throws CommandError */
export async function printObjectEvents(
  context: Context,
  args: Pick<Arguments, 'flag' | 'optional' | 'timeout'>,
  { object, title, names, types, key }: ObjectEvents,
): Promise<void> {
  if (args.flag('list' as never)) {
    for (const name of names) {
      context.emitLine({ event: name });
      context.output.print(`${name}\n`);
    }
    return;
  }
  const wanted = args.optional('event' as never);
  if (wanted === undefined) throw new CommandError('either --list or --event <type> is required');
  if (!names.includes(wanted)) throw new CommandError(`unknown event type ${wanted}`);
  const timeout = args.timeout();
  const only = await key();
  const typeOf = ({ type }: ObjectEvent): string | undefined =>
    type === undefined ? undefined : (types[type] ?? 'unknown');
  await printEvents<ObjectEvent>(context, {
    loop: args.flag('loop' as never),
    timestamp: args.flag('timestamp' as never),
    timeout,
    watch: (listener) => context.connection.watchObjectEvents(object, [wanted], listener, only),
    describe: (event) => {
      const type = typeOf(event);
      const about = `event '${event.event}' for ${title} ${event.object}`;
      return type === undefined ? `${about}\n` : `${about}: ${type}\n`;
    },
    json: (event) => ({ event: event.event, object: event.object, type: typeOf(event) }),
  });
}
