import type { Worker } from 'node:worker_threads';
import { makeAsyncConnection, type Transport } from './async-objects.js';
import type { DispatcherOptions } from './dispatcher.js';
import { acquireEventThread, type EventThread } from './event-thread.js';
import { registerEventLoop } from './library.js';
import { type ErrorMapper, mapErrors, type Session } from './session.js';
import { startWorker } from './start-worker.js';
import { WorkerClient } from './worker-client.js';
import type { LaneRequest, WithoutId } from './worker-protocol.js';

export interface LanePoolOptions extends DispatcherOptions {
  /** Lanes at most. Default 4. */
  max?: number;
  /** Have an event thread pump libvirt's event loop, which keepalive needs. Default true. */
  pump?: boolean;
  mapError?: ErrorMapper | undefined;
  /** The first lane's thread, started while all this was being loaded. */
  first?: Worker | undefined;
}

/** A worker thread with a connection of its own, and one call in flight. */
class Lane {
  readonly #worker: WorkerClient;

  constructor(worker: Worker) {
    this.#worker = new WorkerClient(worker);
  }

  request(message: WithoutId<LaneRequest>): Promise<unknown> {
    return this.#worker.request(message);
  }

  async close(): Promise<void> {
    await this.#worker.request({ op: 'close' } satisfies WithoutId<LaneRequest>);
    await this.#worker.exited;
  }
}

/**
 * Lanes to one URI, started when first needed. A lease is a session of its own: while one lane's call blocks, the
 * others answer.
 */
export class LanePool {
  readonly #options: DispatcherOptions;
  readonly #max: number;
  readonly #mapError: ErrorMapper | undefined;
  readonly #pump: boolean;
  #first: Worker | undefined;
  readonly #lanes = new Set<Lane>();
  readonly #idle: Lane[] = [];
  readonly #waiting: ((lane: Lane) => void)[] = [];
  #events: Promise<EventThread> | null = null;

  constructor({ max = 4, pump = true, mapError, first, ...options }: LanePoolOptions) {
    this.#max = max;
    this.#mapError = mapError;
    this.#pump = pump;
    this.#first = first;
    this.#options = pump ? options : { ...options, keepalive: undefined };
  }

  /** A lane, waited for if all are leased. @throws LibvirtError if its connection can't be opened. */
  async lease(): Promise<Session> {
    const lane = await this.#take();
    let leased = true;
    const transport: Transport = {
      call: (object, method, args) =>
        leased
          ? lane.request({ op: 'call', object, method, args })
          : Promise.reject(new TypeError('the session is used after it was closed')),
    };
    return {
      connection: makeAsyncConnection(mapErrors(transport, this.#mapError)),
      release: async () => {
        await lane.request({ op: 'release' });
      },
      close: async () => {
        if (!leased) return;
        leased = false;
        await lane.request({ op: 'release' }).catch(() => {});
        this.#give(lane);
      },
    };
  }

  /** Closes every lane, also leased ones, once their calls have ended. */
  async closeAll(): Promise<void> {
    const lanes = [...this.#lanes];
    this.#lanes.clear();
    this.#idle.length = 0;
    await Promise.allSettled(lanes.map((lane) => lane.close()));
    const events = this.#events;
    this.#events = null;
    await (await events?.catch(() => undefined))?.release();
  }

  async #take(): Promise<Lane> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#lanes.size >= this.#max) return new Promise((resolve) => this.#waiting.push(resolve));
    const lane = new Lane(this.#first ?? startWorker({ role: 'calls', options: this.#options }));
    this.#first = undefined;
    this.#lanes.add(lane);
    try {
      // Only a connection that is opened with a registered event loop has events, keepalive and drivers that need one.
      if (this.#pump) registerEventLoop();
      await lane.request({ op: 'open' });
      // Not sooner: two threads that start at a time hold each other up, and the first prompt waits for this one.
      if (this.#pump) this.#turnEvents();
    } catch (error) {
      this.#lanes.delete(lane);
      await lane.close().catch(() => {});
      throw this.#mapError ? this.#mapError(error) : error;
    }
    return lane;
  }

  #turnEvents(): void {
    this.#events ??= acquireEventThread();
    // Whoever wants events hears of it.
    this.#events.catch(() => undefined);
  }

  #give(lane: Lane): void {
    if (!this.#lanes.has(lane)) return;
    const next = this.#waiting.shift();
    if (next) next(lane);
    else this.#idle.push(lane);
  }
}
