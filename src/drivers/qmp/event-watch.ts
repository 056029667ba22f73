import {
  VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE,
  VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX,
  VIR_ERR_INVALID_ARG,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type {
  DomainEvent,
  DomainEventName,
  EventDomain,
  Events,
  MonitorEvent,
  Subscription,
} from '../../hypervisor/events.js';
import type { EventMessage } from '../../qmp/index.js';
import type { BareDomain } from './bare-domain.js';
import { eventNames, stoppedEvent, toDomainEvents, toMonitorEvent } from './domain-events.js';

/** The serial port's id under which QEMU reports the agent's coming and going, where the port was given none. */
const AGENT_PORT = /agent|qga/i;

/** Events of bare QEMUs. While somebody listens to a guest, its monitor stays taken. */
export function eventWatch(domains: () => Promise<readonly BareDomain[]>): Events {
  const watch = async (
    uuid: string | undefined,
    deliver: (message: EventMessage | 'gone', domain: EventDomain) => void,
  ): Promise<Subscription> => {
    const wanted = (await domains()).filter((domain) => uuid === undefined || domain.identity.uuid === uuid);
    const subscriptions = await Promise.all(
      wanted.map((domain) => domain.watch((message) => deliver(message, domain.identity))),
    );
    return {
      close: async () => {
        await Promise.all(subscriptions.map((subscription) => subscription.close()));
      },
    };
  };
  return {
    async watchDomainEvents(names, listener, uuid) {
      refuseUnknown(names);
      return watch(uuid, (message, domain) => {
        const events: DomainEvent[] =
          message === 'gone'
            ? [stoppedEvent(domain, false)]
            : toDomainEvents(message, domain, agentPortOf(message));
        for (const event of events) if (names.includes(event.event)) listener(event);
      });
    },
    async watchMonitorEvents(event, listener: (event: MonitorEvent) => void, uuid, flags = 0) {
      const fits = nameFilter(event, flags);
      return watch(uuid, (message, domain) => {
        if (message !== 'gone' && fits(message.event)) listener(toMonitorEvent(message, domain));
      });
    },
    // A connection here is many sockets, each with an end of its own; a guest's end is a lifecycle event.
    watchConnection: async () => ({ close: async () => undefined }),
  };
}

const agentPortOf = ({ data }: EventMessage): string | undefined =>
  typeof data.id === 'string' && AGENT_PORT.test(data.id) ? data.id : undefined;

function refuseUnknown(names: readonly DomainEventName[]): void {
  const unknown = names.find((name) => !eventNames.has(name));
  if (unknown === undefined) return;
  throw new HypervisorError(`argument unsupported: a monitor has no event '${unknown}'`, {
    code: VIR_ERR_INVALID_ARG,
    domain: VIR_FROM_QEMU,
  });
}

function nameFilter(wanted: string | null, flags: number): (name: string) => boolean {
  if (wanted === null) return () => true;
  const nocase = (flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE) !== 0;
  if ((flags & VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX) !== 0) {
    const pattern = new RegExp(wanted, nocase ? 'i' : '');
    return (name) => pattern.test(name);
  }
  return (name) => (nocase ? name.toLowerCase() === wanted.toLowerCase() : name === wanted);
}
