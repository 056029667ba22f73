import { ListenerOverflow, TimeoutError } from './errors.js';
import type { EventMessage } from './message.js';
import type { EventData, KnownEvent } from './schema/events.js';
import { Waiter, type WaitOptions } from './waiter.js';

/** An event as its listener gets it; `data` is typed by the event's name. */
export type QmpEvent<Name extends string = string> = Name extends KnownEvent
  ? Omit<EventMessage, 'event' | 'data'> & { readonly event: Name; readonly data: EventData[Name] }
  : EventMessage;

export interface ListenOptions<Name extends string = string> {
  /** Names of the events wanted; all, if left out. */
  events?: readonly Name[];
  /** Narrows further. What it throws ends the listener with that error. */
  match?: (event: QmpEvent<Name>) => boolean;
  /** How many unread events are kept; one more ends the listener with ListenerOverflow. 10,000 by default. */
  limit?: number;
}

/**
 * Collects the events that fit, from the moment it is made: open it before the command that causes them. Read it with
 * next() or `for await`; close it when done. It ends with an error when the connection ends.
 */
export class EventListener<Name extends string = string> implements AsyncIterable<QmpEvent<Name>> {
  readonly #names: ReadonlySet<string> | undefined;
  readonly #match: ((event: QmpEvent<Name>) => boolean) | undefined;
  readonly #limit: number;
  readonly #onClose: (listener: EventListener<Name>) => void;
  #queue: QmpEvent<Name>[] = [];
  #waiting: Waiter<QmpEvent<Name> | undefined>[] = [];
  #ended = false;
  #failure: unknown;

  /** @param onClose is called once, when nothing more will be delivered to it */
  constructor(options: ListenOptions<Name>, onClose: (listener: EventListener<Name>) => void) {
    this.#names = options.events && new Set(options.events);
    this.#match = options.match;
    this.#limit = options.limit ?? 10_000;
    this.#onClose = onClose;
  }

  /** Hands over an event; those that don't fit are ignored. */
  deliver(message: EventMessage): void {
    if (this.#ended || (this.#names && !this.#names.has(message.event))) return;
    const event = message as QmpEvent<Name>;
    try {
      if (this.#match && !this.#match(event)) return;
    } catch (error) {
      this.fail(error);
      return;
    }
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(event);
    else if (this.#queue.length < this.#limit) this.#queue.push(event);
    else this.fail(new ListenerOverflow(`more than ${this.#limit} events came and nobody read them`));
  }

  /**
   * The next event, the oldest first; undefined once the listener was closed.
   * @throws TimeoutError, the signal's reason, ListenerOverflow, DisconnectedError, ProtocolError
   */
  next(wait: WaitOptions = {}): Promise<QmpEvent<Name> | undefined> {
    const event = this.#queue.shift();
    if (event) return Promise.resolve(event);
    if (this.#ended) return this.#failure ? Promise.reject(this.#failure) : Promise.resolve(undefined);
    const waiter: Waiter<QmpEvent<Name> | undefined> = new Waiter(
      wait,
      (ms) => new TimeoutError(`${this.#description()} did not come within ${ms} ms`, ms),
      () => {
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
      },
    );
    // An abort signal may have fired before: then there is nobody to deliver to.
    if (!waiter.settled) this.#waiting.push(waiter);
    return waiter.promise;
  }

  /** Ends the listener: what is unread is dropped, a pending next() gets undefined. */
  close(): void {
    this.#queue = [];
    this.#end();
    this.#failure = undefined;
    for (const waiter of [...this.#waiting]) waiter.resolve(undefined);
  }

  /** Ends the listener with an error, which next() throws after what is unread. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure = error;
    this.#end();
    for (const waiter of [...this.#waiting]) waiter.reject(error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<QmpEvent<Name>, void> {
    try {
      for (;;) {
        const event = await this.next();
        if (!event) return;
        yield event;
      }
    } finally {
      this.close();
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onClose(this);
  }

  #description(): string {
    return this.#names ? `event ${[...this.#names].join(' or ')}` : 'an event';
  }
}
