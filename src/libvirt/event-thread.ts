import type { DispatcherOptions } from './dispatcher.js';
import { native, registerEventLoop } from './library.js';
import type { EventObject } from './object-events.js';
import { startWorker } from './start-worker.js';
import { WorkerClient } from './worker-client.js';
import type { EventRequest, SourceEvent, WithoutId } from './worker-protocol.js';

type Listener = (event: SourceEvent) => void;

/** One user's share of the event thread. */
export interface EventThread {
  request(message: WithoutId<EventRequest>): Promise<unknown>;
  /** A number for a connection that listens, with what its events go to. */
  addSource(listener: Listener): number;
  removeSource(source: number): void;
  /** Gives the share up; the last one stops the thread. */
  release(): Promise<void>;
}

class Thread {
  readonly #worker: WorkerClient;
  readonly #listeners = new Map<number, Listener>();
  #nextSource = 1;
  #wake = -1;
  readonly #leaving = new SharedArrayBuffer(4);
  readonly ready: Promise<void>;
  users = 0;

  constructor() {
    this.#worker = new WorkerClient(
      startWorker({ role: 'events', leaving: this.#leaving }),
      ({ events }) => {
        for (const event of events) this.#listeners.get(event.source)?.(event);
      },
      () => {
        Atomics.store(new Int32Array(this.#leaving), 0, 1);
        this.wakeUp();
      },
    );
    // While the thread comes up: loading libvirt takes as long.
    registerEventLoop();
    const start = { op: 'start' } satisfies WithoutId<EventRequest>;
    this.ready = this.#worker.request(start).then((wake) => {
      this.#wake = wake as number;
    });
  }

  request(message: WithoutId<EventRequest>): Promise<unknown> {
    return this.#worker.request(message, () => this.wakeUp());
  }

  wakeUp(): void {
    if (this.#wake >= 0) native.virEventUpdateTimeout(this.#wake, 0);
  }

  addSource(listener: Listener): number {
    const source = this.#nextSource;
    this.#nextSource += 1;
    this.#listeners.set(source, listener);
    return source;
  }

  removeSource(source: number): void {
    this.#listeners.delete(source);
  }

  async stop(): Promise<void> {
    await this.request({ op: 'stop' });
    await this.#worker.exited;
  }
}

let thread: Thread | null = null;
let stopping: Promise<void> = Promise.resolve();

/** A share of the process's one event thread, started if it doesn't run. */
export async function acquireEventThread(): Promise<EventThread> {
  await stopping;
  thread ??= new Thread();
  const mine = thread;
  mine.users += 1;
  try {
    await mine.ready;
  } catch (error) {
    // It could not start; whoever comes next tries with a new one.
    if (thread === mine) thread = null;
    throw error;
  }
  let held = true;
  return {
    request: (message) => mine.request(message),
    addSource: (listener) => mine.addSource(listener),
    removeSource: (source) => mine.removeSource(source),
    async release() {
      if (!held) return;
      held = false;
      mine.users -= 1;
      if (mine.users > 0) return;
      if (thread === mine) thread = null;
      // A thread that has ended by itself is as good as stopped.
      stopping = mine.stop().catch(() => {});
      await stopping;
    },
  };
}

/** A connection that listens: events of one URI. */
export class EventConnection {
  private constructor(
    private readonly share: EventThread,
    private readonly source: number,
    private readonly listeners: Map<number, (event: never) => void>,
    private readonly connectionListeners: Set<(event: never) => void>,
  ) {}

  #nextWatch = 1;

  /** @throws LibvirtError */
  static async open(options: DispatcherOptions): Promise<EventConnection> {
    const share = await acquireEventThread();
    const listeners = new Map<number, (event: never) => void>();
    const connectionListeners = new Set<(event: never) => void>();
    const source = share.addSource(({ watch, event }) => {
      if (watch === undefined) for (const listener of connectionListeners) listener(event as never);
      else listeners.get(watch)?.(event as never);
    });
    try {
      await share.request({ op: 'open', source, options });
    } catch (error) {
      share.removeSource(source);
      await share.release();
      throw error;
    }
    return new EventConnection(share, source, listeners, connectionListeners);
  }

  /** @returns what ends it. @throws LibvirtError, or TypeError for an unknown name. */
  watch(
    names: readonly string[],
    listener: (event: never) => void,
    domain?: string,
  ): Promise<() => Promise<void>> {
    return this.#start(listener, (watch) => ({
      op: 'watch',
      source: this.source,
      watch,
      names: [...names],
      domain,
    }));
  }

  watchMonitor(
    event: string | null,
    listener: (event: never) => void,
    domain?: string,
    flags = 0,
  ): Promise<() => Promise<void>> {
    return this.#start(listener, (watch) => ({
      op: 'watch-monitor',
      source: this.source,
      watch,
      event,
      domain,
      flags,
    }));
  }

  /** @param key the only one wanted; undefined for all. @throws LibvirtError, or TypeError for an unknown name. */
  watchObject(
    object: EventObject,
    names: readonly string[],
    listener: (event: never) => void,
    key?: string,
  ): Promise<() => Promise<void>> {
    return this.#start(listener, (watch) => ({
      op: 'watch-object',
      source: this.source,
      watch,
      object,
      names: [...names],
      key,
    }));
  }

  watchConnection(listener: (event: never) => void): () => void {
    this.connectionListeners.add(listener);
    return () => this.connectionListeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.share.request({ op: 'close', source: this.source });
    this.share.removeSource(this.source);
    await this.share.release();
  }

  async #start(
    listener: (event: never) => void,
    request: (watch: number) => WithoutId<EventRequest>,
  ): Promise<() => Promise<void>> {
    const watch = this.#nextWatch;
    this.#nextWatch += 1;
    this.listeners.set(watch, listener);
    try {
      await this.share.request(request(watch));
    } catch (error) {
      this.listeners.delete(watch);
      throw error;
    }
    return async () => {
      if (!this.listeners.delete(watch)) return;
      await this.share.request({ op: 'unwatch', source: this.source, watch });
    };
  }
}
