import koffi from 'koffi';
import { Connection } from './connection.js';
import { type DispatcherOptions, startKeepalive } from './dispatcher.js';
import { succeed } from './error.js';
import { EVENT_KINDS, makeCallback, makeEventCallback, makeMonitorCallback } from './event-callbacks.js';
import { native } from './library.js';
import { type EventObject, registerObjectEvent } from './object-events.js';

/** What a watch asks for. */
export type WatchRequest =
  | { names: string[]; domain?: string | undefined }
  | { object: EventObject; names: string[]; key?: string | undefined }
  | { monitor: string | null; domain?: string | undefined; flags: number };

interface Registration {
  id: number;
  callback: bigint;
  deregister(connection: bigint, id: number): void;
}

interface Watch {
  request: WatchRequest;
  registrations: Registration[];
}

/** First and longest wait between two tries to reopen, in ms. */
const RETRY = { first: 250, longest: 5000 };

/**
 * A connection that only listens, on the event thread. When it is closed from the far side it is opened again, and
 * what was watched is watched again.
 */
export class EventSource {
  #connection: Connection | null = null;
  #closed = false;
  #closeCallback: bigint | null = null;
  #retry: NodeJS.Timeout | null = null;
  readonly #watches = new Map<number, Watch>();

  /** @param deliver gets each event, with the watch it is for; the connection's own come without one. */
  constructor(
    private readonly options: DispatcherOptions,
    private readonly deliver: (event: object, watch?: number) => void,
    private readonly wakeLater: (after: number, run: () => void) => NodeJS.Timeout,
  ) {}

  open(): void {
    const connection = Connection.open({ ...this.options, auth: false });
    this.#connection = connection;
    startKeepalive(connection, this.options.keepalive);
    this.#closeCallback ??= makeCallback('void', ['void *', 'int', 'void *'], ((
      _connection: unknown,
      reason: number,
    ) => {
      this.deliver({ event: 'closed', reason });
      this.#reopenLater(RETRY.first);
    }) as (...values: never[]) => void);
    // Drivers inside this process have no far side to be closed from, and refuse.
    native.virConnectRegisterCloseCallback(connection.pointer, this.#closeCallback, null, null);
  }

  watch(number: number, request: WatchRequest): void {
    const watch: Watch = { request, registrations: [] };
    this.#register(number, watch);
    this.#watches.set(number, watch);
  }

  unwatch(number: number): void {
    const watch = this.#watches.get(number);
    if (!watch) return;
    this.#watches.delete(number);
    this.#deregister(watch);
  }

  close(): void {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    for (const number of [...this.#watches.keys()]) this.unwatch(number);
    const connection = this.#connection;
    this.#connection = null;
    if (connection && this.#closeCallback !== null) {
      native.virConnectUnregisterCloseCallback(connection.pointer, this.#closeCallback);
    }
    connection?.close();
    if (this.#closeCallback !== null) koffi.unregister(this.#closeCallback);
    this.#closeCallback = null;
  }

  #register(number: number, watch: Watch): void {
    const connection = this.#connection;
    if (!connection) return;
    const { request } = watch;
    if ('object' in request) {
      this.#registerObject(connection, request, watch, (event) => this.deliver(event, number));
      return;
    }
    const domain = request.domain === undefined ? null : connection.domainLookupByUUIDString(request.domain);
    const deliver = (event: object) => this.deliver(event, number);
    try {
      if ('monitor' in request) {
        const callback = makeMonitorCallback(deliver);
        const id: number = native.virConnectDomainQemuMonitorEventRegister(
          connection.pointer,
          domain?.pointer ?? null,
          request.monitor,
          callback,
          null,
          null,
          request.flags,
        );
        watch.registrations.push({
          id,
          callback,
          deregister: native.virConnectDomainQemuMonitorEventDeregister,
        });
        succeed(id);
        return;
      }
      for (const name of request.names) {
        const kind = EVENT_KINDS[name];
        if (!kind) throw new TypeError(`there is no event ${name}`);
        const callback = makeEventCallback(name, deliver);
        const id: number = native.virConnectDomainEventRegisterAny(
          connection.pointer,
          domain?.pointer ?? null,
          kind.id,
          callback,
          null,
          null,
        );
        watch.registrations.push({ id, callback, deregister: native.virConnectDomainEventDeregisterAny });
        succeed(id);
      }
    } catch (error) {
      this.#deregister(watch);
      throw error;
    } finally {
      domain?.free();
    }
  }

  #registerObject(
    connection: Connection,
    { object, names, key }: Extract<WatchRequest, { object: EventObject }>,
    watch: Watch,
    deliver: (event: object) => void,
  ): void {
    try {
      for (const name of names) {
        const registration = registerObjectEvent(connection, object, name, key, deliver);
        watch.registrations.push(registration);
        succeed(registration.id);
      }
    } catch (error) {
      this.#deregister(watch);
      throw error;
    }
  }

  #deregister(watch: Watch): void {
    for (const { id, callback, deregister } of watch.registrations.splice(0)) {
      if (id >= 0 && this.#connection) deregister(this.#connection.pointer, id);
      koffi.unregister(callback);
    }
  }

  #reopenLater(after: number): void {
    if (this.#closed || this.#retry) return;
    this.#retry = this.wakeLater(after, () => {
      this.#retry = null;
      this.#reopen(after);
    });
  }

  #reopen(waited: number): void {
    for (const watch of this.#watches.values()) this.#deregister(watch);
    this.#connection?.close();
    this.#connection = null;
    try {
      this.open();
      for (const [number, watch] of this.#watches) this.#register(number, watch);
      this.deliver({ event: 'reopened' });
    } catch (error) {
      this.deliver({
        event: 'reopen-failed',
        message: error instanceof Error ? error.message : String(error),
      });
      this.#reopenLater(Math.min(waited * 2, RETRY.longest));
    }
  }
}
