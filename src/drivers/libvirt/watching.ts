import type {
  ConnectionEvent,
  DomainEvent,
  Events,
  MonitorEvent,
  ObjectEvent,
} from '../../hypervisor/events.js';
import type { DispatcherOptions } from '../../libvirt/dispatcher.js';
import type { EventConnection } from '../../libvirt/event-thread.js';
import { toHypervisorError } from './errors.js';

/** The events of a URI. Nothing is started, and nothing connected, before the first subscription. */
export class Watching implements Events {
  #connection: Promise<EventConnection> | null = null;

  constructor(private readonly options: DispatcherOptions) {}

  watchDomainEvents: Events['watchDomainEvents'] = async (names, listener, domain) =>
    subscribe(async () =>
      (await this.#open()).watch(names, listener as (event: DomainEvent) => void, domain),
    );

  watchMonitorEvents: Events['watchMonitorEvents'] = async (event, listener, domain, flags) =>
    subscribe(async () =>
      (await this.#open()).watchMonitor(event, listener as (event: MonitorEvent) => void, domain, flags),
    );

  watchObjectEvents: Events['watchObjectEvents'] = async (object, names, listener, key) =>
    subscribe(async () =>
      (await this.#open()).watchObject(object, names, listener as (event: ObjectEvent) => void, key),
    );

  watchConnection: Events['watchConnection'] = async (listener) =>
    subscribe(async () => {
      const end = (await this.#open()).watchConnection(listener as (event: ConnectionEvent) => void);
      return async () => end();
    });

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await (await connection?.catch(() => null))?.close();
  }

  #open(): Promise<EventConnection> {
    if (!this.#connection) {
      const opening = import('../../libvirt/event-thread.js').then(({ EventConnection }) =>
        EventConnection.open(this.options),
      );
      this.#connection = opening;
      opening.catch(() => {
        if (this.#connection === opening) this.#connection = null;
      });
    }
    return this.#connection;
  }
}

async function subscribe(start: () => Promise<() => Promise<void>>) {
  try {
    const close = await start();
    return { close };
  } catch (error) {
    throw toHypervisorError(error);
  }
}
