import { watch as fsWatch } from 'node:fs';
import { findAgentPort } from '../../agent/index.js';
import { nameOfNode } from '../../block/write-threshold.js';
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
import type { BareDomain, MonitorNews } from './bare-domain.js';
import { eventNames, stoppedEvent, toDomainEvents, toMonitorEvent } from './domain-events.js';
import { giveWay } from './give-way.js';
import type { PoolShare } from './open.js';

/** Between two changes of a folder and word of them, in ms: a QEMU that starts makes its socket before it listens. */
const SETTLE_MS = 200;

/**
 * Events of bare QEMUs. While somebody listens to a guest, its monitor stays taken, until another program waits for it:
 * that one gets it, and we listen again when it is done.
 * @param place the folder in which sockets come and go, and the name of the only one that counts.
 * @param used tells whether somebody here is in the middle of something.
 */
export function eventWatch(
  pool: PoolShare,
  place: { readonly folder: string; readonly name: string | undefined },
  used: () => boolean,
): Omit<Events, 'watchObjectEvents'> {
  const watch = async (
    uuid: string | undefined,
    deliver: (news: MonitorNews, domain: BareDomain) => void,
  ): Promise<Subscription> => {
    const subscriptions = new Set<Subscription>();
    let closed = false;
    const follow = async (domain: BareDomain): Promise<void> => {
      const unmind = giveWay.mind(domain, used);
      let whole: Subscription | undefined;
      const listener = (news: MonitorNews): void => {
        if (news === 'gone') {
          unmind();
          if (whole) subscriptions.delete(whole);
        }
        deliver(news, domain);
      };
      const subscription = await domain.watch(listener).catch((error: unknown) => {
        unmind();
        throw error;
      });
      whole = {
        close: async () => {
          unmind();
          await subscription.close();
        },
      };
      if (closed) await whole.close();
      else subscriptions.add(whole);
    };
    const wanted = (domain: BareDomain): boolean => uuid === undefined || domain.identity.uuid === uuid;
    await Promise.all((await pool.all()).filter(wanted).map(follow));
    // One that has gone again by then is no loss.
    const ended = pool.onMet((domain) => {
      if (wanted(domain)) follow(domain).catch(() => undefined);
    });
    return {
      close: async () => {
        closed = true;
        ended();
        await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      },
    };
  };
  return {
    async watchDomainEvents(names, listener, uuid) {
      refuseUnknown(names);
      const ports = new Map<BareDomain, string | undefined>();
      if (names.includes('agent-lifecycle')) {
        for (const domain of await pool.all())
          ports.set(domain, await agentPortId(domain).catch(() => undefined));
      }
      const shutDown = new WeakSet<BareDomain>();
      return watch(uuid, (news, domain) => {
        const { identity } = domain;
        if (news === 'yielded' || news === 'regained') return;
        if (news !== 'gone' && news.event === 'SHUTDOWN') shutDown.add(domain);
        const events: DomainEvent[] =
          news === 'gone'
            ? [stoppedEvent(identity, !shutDown.has(domain))]
            : toDomainEvents(news, identity, ports.get(domain), domain.jobNames);
        for (const event of events) {
          if (!names.includes(event.event)) continue;
          if (event.event === 'block-threshold') void namedThreshold(domain, event).then(listener);
          else listener(event);
        }
      });
    },
    async watchMonitorEvents(event, listener: (event: MonitorEvent) => void, uuid, flags = 0) {
      const fits = nameFilter(event, flags);
      return watch(uuid, (news, domain) => {
        if (typeof news !== 'string' && fits(news.event)) listener(toMonitorEvent(news, domain.identity));
      });
    },
    // A connection here is many sockets, each with an end of its own; a guest's end is a lifecycle event.
    async watchConnection(listener) {
      const domains = await watch(undefined, (news, { identity }) => {
        if (news === 'yielded' || news === 'regained') listener({ event: news, domain: identity });
      });
      const ended = watchFolder(place, () => listener({ event: 'domains-changed' }));
      return {
        close: async () => {
          ended();
          await domains.close();
        },
      };
    },
  };
}

/** The event with the disk in place of a node; as it is where that can't be told any more. */
async function namedThreshold(domain: BareDomain, event: DomainEvent): Promise<DomainEvent> {
  if (event.event !== 'block-threshold') return event;
  const named = await domain.guest().then(
    (guest) => nameOfNode(guest, event.device),
    () => undefined,
  );
  return named ? { ...event, ...named } : event;
}

/** Calls back some time after a socket may have come. @returns what ends that. */
function watchFolder(
  { folder, name }: { readonly folder: string; readonly name: string | undefined },
  changed: () => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  try {
    const watcher = fsWatch(folder, { persistent: false }, (_, file) => {
      if (name === undefined || file === null || file === name) timer ??= setTimeout(tell, SETTLE_MS).unref();
    });
    const tell = (): void => {
      timer = undefined;
      changed();
    };
    watcher.on('error', () => watcher.close());
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch {
    // The kernel has no more watches to give: new guests are then seen at the next command.
    return () => undefined;
  }
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
