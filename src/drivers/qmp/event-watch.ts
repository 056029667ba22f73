import { findAgentPort } from '../../agent/index.js';
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
  Events,
  MonitorEvent,
  Subscription,
} from '../../hypervisor/events.js';
import type { EventMessage } from '../../qmp/index.js';
import type { BareDomain } from './bare-domain.js';
import { eventNames, stoppedEvent, toDomainEvents, toMonitorEvent } from './domain-events.js';

/** Events of bare QEMUs. While somebody listens to a guest, its monitor stays taken. */
export function eventWatch(domains: () => Promise<readonly BareDomain[]>): Events {
  const watch = async (
    uuid: string | undefined,
    deliver: (message: EventMessage | 'gone', domain: BareDomain) => void,
  ): Promise<Subscription> => {
    const wanted = (await domains()).filter((domain) => uuid === undefined || domain.identity.uuid === uuid);
    const subscriptions = await Promise.all(
      wanted.map((domain) => domain.watch((message) => deliver(message, domain))),
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
      const ports = new Map<BareDomain, string | undefined>();
      if (names.includes('agent-lifecycle')) {
        for (const domain of await domains()) ports.set(domain, await agentPortId(domain));
      }
      return watch(uuid, (message, domain) => {
        const { identity } = domain;
        const events: DomainEvent[] =
          message === 'gone'
            ? [stoppedEvent(identity, false)]
            : toDomainEvents(message, identity, ports.get(domain));
        for (const event of events) if (names.includes(event.event)) listener(event);
      });
    },
    async watchMonitorEvents(event, listener: (event: MonitorEvent) => void, uuid, flags = 0) {
      const fits = nameFilter(event, flags);
      return watch(uuid, (message, domain) => {
        if (message !== 'gone' && fits(message.event)) listener(toMonitorEvent(message, domain.identity));
      });
    },
    // A connection here is many sockets, each with an end of its own; a guest's end is a lifecycle event.
    watchConnection: async () => ({ close: async () => undefined }),
  };
}

/** The id of the serial port that the agent is on, under which QEMU reports its coming and going; only a port with an id is. */
async function agentPortId(domain: BareDomain): Promise<string | undefined> {
  const { qmp } = await domain.guest();
  const port = await findAgentPort(qmp);
  if (!port) return undefined;
  for (const { name, type } of await qmp.execute('qom-list', { path: '/machine/peripheral' })) {
    if (type !== 'child<virtserialport>') continue;
    const path = `/machine/peripheral/${name}`;
    if ((await qmp.execute('qom-get', { path, property: 'chardev' })) === port.chardev) return name;
  }
  return undefined;
}

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
