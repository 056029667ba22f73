import type { Session, StatusMode } from '../../shell/index.js';
import { StatusFeed } from './status-feed.js';
import { StatusModel } from './status-model.js';
import { type StatusView, viewOf } from './status-view.js';

/** What the status pane shows, in the form that React's useSyncExternalStore takes. */
export interface StatusStore {
  /** Nothing is connected, and nobody is asked, before somebody listens. */
  subscribe(listener: () => void): () => void;
  /** The same object until something that shows has changed. */
  getSnapshot(): StatusView;
  /** While it is off, nothing is asked or listened to. */
  setMode(mode: StatusMode): void;
  /** How many domains there is room for. */
  setRoom(rows: number): void;
  /** Moves through those for whom there is no room. */
  scroll(rows: number): void;
  close(): Promise<void>;
}

export interface StatusStoreOptions {
  readonly session: Session;
  /** Ms of a clock that only goes forward. */
  readonly now?: () => number;
}

/** Between two pictures: more a second nobody can read, and they would take time from the prompt. */
const FRAME_MS = 80;

/** Opens what the status pane shows. */
export function openStatusStore({ session, now = () => performance.now() }: StatusStoreOptions): StatusStore {
  return new Store(session, now);
}

class Store implements StatusStore {
  readonly #session: Session;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #model = new StatusModel();
  #feed: StatusFeed | undefined;
  #ending: Promise<void> = Promise.resolve();
  #mode: StatusMode = 'on';
  #room = 8;
  #skip = 0;
  #view: StatusView;
  #lastFrame = Number.NEGATIVE_INFINITY;
  #frame: NodeJS.Timeout | undefined;
  #tick: NodeJS.Timeout | undefined;
  /** Domains on show whose current snapshot was asked for. */
  #asked = new Set<string>();
  #closed = false;

  constructor(session: Session, now: () => number) {
    this.#session = session;
    this.#now = now;
    this.#view = this.#look();
  }

  // As React calls them: without an object.
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#begin();
    return () => void this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): StatusView => this.#view;

  setMode(mode: StatusMode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    if (mode === 'off') this.#end();
    else this.#begin();
    this.#draw();
  }

  setRoom(rows: number): void {
    if (rows === this.#room) return;
    this.#room = rows;
    this.#changed();
  }

  scroll(rows: number): void {
    const last = Math.max(0, this.#view.total - this.#room);
    const skip = Math.min(last, Math.max(0, this.#skip + rows));
    if (skip === this.#skip) return;
    this.#skip = skip;
    this.#changed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end();
    clearTimeout(this.#frame);
    clearTimeout(this.#tick);
    await this.#ending;
  }

  #begin(): void {
    if (this.#feed || this.#closed || this.#mode === 'off' || this.#listeners.size === 0) return;
    const feed = new StatusFeed({
      session: this.#session,
      model: this.#model,
      now: this.#now,
      changed: () => this.#changed(),
    });
    this.#feed = feed;
    // The one who subscribes is in the middle of drawing.
    setImmediate(() => {
      if (this.#feed === feed) feed.start();
    });
  }

  #end(): void {
    const feed = this.#feed;
    if (!feed) return;
    this.#feed = undefined;
    this.#model.clear();
    this.#asked.clear();
    const before = this.#ending;
    this.#ending = Promise.all([before, feed.close()]).then(() => undefined);
  }

  /** A picture soon: at once after a quiet time, else when the last one is old enough. */
  #changed(): void {
    if (this.#frame || this.#closed) return;
    const wait = Math.max(0, this.#lastFrame + FRAME_MS - this.#now());
    this.#frame = setTimeout(() => this.#draw(), wait).unref();
  }

  #draw(): void {
    clearTimeout(this.#frame);
    clearTimeout(this.#tick);
    this.#frame = undefined;
    this.#tick = undefined;
    if (this.#closed) return;
    this.#lastFrame = this.#now();
    this.#view = this.#look();
    this.#askSnapshots();
    for (const listener of this.#listeners) listener();
    const { next } = this.#view;
    if (next !== undefined && this.#mode !== 'off') {
      this.#tick = setTimeout(() => this.#draw(), Math.max(FRAME_MS, next)).unref();
    }
  }

  /** Only of those on show, and once: later ones are asked for when something happens to them. */
  #askSnapshots(): void {
    const wanted = this.#view.rows.filter(
      ({ uuid, snapshot }) => snapshot === undefined && !this.#asked.has(uuid),
    );
    if (wanted.length === 0 || !this.#feed) return;
    if (this.#asked.size > 1000) this.#asked = new Set();
    for (const { uuid } of wanted) this.#asked.add(uuid);
    this.#feed.askSnapshots(wanted.map(({ uuid }) => uuid));
  }

  #look(): StatusView {
    const connection = this.#feed?.connection ?? {
      state: 'none',
      uri: this.#session.uri ?? '',
      readonly: this.#session.readonly,
      message: undefined,
    };
    return viewOf(this.#model, {
      mode: this.#mode,
      connection,
      limit: this.#room,
      skip: this.#skip,
      now: this.#now(),
    });
  }
}
