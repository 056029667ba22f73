import { setTimeout as delay } from 'node:timers/promises';
import {
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_DUMP,
  VIR_DOMAIN_PAUSED_MIGRATION,
  VIR_DOMAIN_PAUSED_SAVE,
} from '../../hypervisor/constants.js';
import type {
  Connection,
  ConnectionEvent,
  DomainEvent,
  DomainEventName,
  MonitorEvent,
  Subscription,
} from '../../hypervisor/index.js';
import { errorLines, printableLine, type Session, type SessionEvent } from '../../shell/index.js';
import { type DomainStatus, SNAPSHOT_COMMANDS } from './domain-status.js';
import { answer, listAll } from './status-answers.js';
import type { Ask, StatusModel } from './status-model.js';
import type { ConnectionStatus } from './status-view.js';

/** Events that every driver has. */
const EVENTS: readonly DomainEventName[] = [
  'lifecycle',
  'reboot',
  'watchdog',
  'io-error-reason',
  'block-job-2',
  'agent-lifecycle',
];
/** Events that some have: without them something is seen a little later, or not as exactly. */
const MORE_EVENTS: readonly DomainEventName[] = ['control-error', 'migration-iteration', 'job-completed'];
const MONITOR_EVENTS = '^(STOP|RESUME|MIGRATION|MIGRATION_PASS|JOB_STATUS_CHANGE|DUMP_COMPLETED)$';
/** VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX */
const REGEX = 1;

/** Between two rounds of questions, so that a storm of events is a few questions; and between two looks at jobs. */
const ROUND_MS = 60;
const JOB_MS = 250;
/** Domains asked about one by one; more are asked for in one list. */
const ONE_BY_ONE = 40;
const CLOSE_MS = 1000;
/** First and longest wait before the pane tries again to listen. */
const RETRY = { first: 250, longest: 5000 };

const JOB_REASONS: ReadonlySet<number | undefined> = new Set([
  VIR_DOMAIN_PAUSED_MIGRATION,
  VIR_DOMAIN_PAUSED_SAVE,
  VIR_DOMAIN_PAUSED_DUMP,
]);

interface FeedOptions {
  readonly session: Session;
  readonly model: StatusModel;
  readonly now: () => number;
  /** Something in the model, or the connection, is no longer as it was. */
  readonly changed: () => void;
}

/**
 * Keeps a model up to date: listens to events and asks what they leave open, on a connection of its own beside the
 * session's. It only ever asks.
 */
export class StatusFeed {
  readonly #session: Session;
  readonly #model: StatusModel;
  readonly #now: () => number;
  readonly #changed: () => void;
  readonly #unwatch: () => void;
  /** Ends what is done for the present connection. */
  #current: AbortController | undefined;
  readonly #following = new Set<Promise<void>>();
  readonly #asks = new Map<string, Ask>();
  #all = false;
  #wake: () => void = () => undefined;
  #status: Pick<ConnectionStatus, 'state' | 'message'> = { state: 'none', message: undefined };

  constructor({ session, model, now, changed }: FeedOptions) {
    this.#session = session;
    this.#model = model;
    this.#now = now;
    this.#changed = changed;
    this.#unwatch = session.watch((event) => this.#onSession(event));
  }

  get connection(): ConnectionStatus {
    const { uri = 'the default hypervisor', readonly } = this.#session;
    return { ...this.#status, uri: printableLine(uri), readonly };
  }

  /** Connects, if need be, and begins to listen. */
  start(): void {
    this.#set('connecting');
    this.#session.connection().then(
      (connection) => this.#attach(connection),
      (error: unknown) => this.#set('none', errorLines(error)[0]),
    );
  }

  /** Asks for the current snapshots of domains that are on show. */
  askSnapshots(uuids: readonly string[]): void {
    for (const uuid of uuids) this.#ask(uuid, { snapshot: true });
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#current?.abort();
    this.#current = undefined;
    this.#wake();
    // A call that the hypervisor doesn't answer must not keep anybody from leaving.
    const patience = delay(CLOSE_MS, undefined, { ref: false });
    await Promise.race([Promise.allSettled(this.#following), patience]);
  }

  #set(state: ConnectionStatus['state'], message?: string): void {
    this.#status = { state, message: message === undefined ? undefined : printableLine(message) };
    this.#changed();
  }

  #onSession(event: SessionEvent): void {
    switch (event.event) {
      case 'connected':
        this.#attach(event.connection);
        break;
      case 'disconnected':
        // A connection that was lost is watched by the event thread, which tells how it goes on.
        if (!event.lost) {
          this.#current?.abort();
          this.#model.clear();
          this.#set('none');
        }
        break;
      case 'command-began': {
        const domain = event.domain === undefined ? undefined : this.#model.find(event.domain);
        if (!domain || !event.long) break;
        this.#model.setCommand(domain.uuid, event.command);
        this.#wake();
        this.#changed();
        break;
      }
      case 'command-ended': {
        const domain = event.domain === undefined ? undefined : this.#model.find(event.domain);
        if (!domain) break;
        this.#model.setCommand(domain.uuid, undefined);
        if (event.succeeded && event.command === 'domfsfreeze') this.#model.setFrozen(domain.uuid, true);
        if (event.succeeded && event.command === 'domfsthaw') this.#model.setFrozen(domain.uuid, false);
        this.#ask(domain.uuid, { state: true, job: true, snapshot: true });
        this.#changed();
      }
    }
  }

  #attach(connection: Connection): void {
    this.#current?.abort();
    const current = new AbortController();
    this.#current = current;
    const following = this.#follow(connection, current.signal).finally(() => {
      this.#following.delete(following);
    });
    this.#following.add(following);
  }

  /** Follows a connection until told otherwise. Never rejects. */
  async #follow(connection: Connection, signal: AbortSignal): Promise<void> {
    for (let wait = RETRY.first; !signal.aborted; wait = Math.min(wait * 2, RETRY.longest)) {
      const subscriptions: Subscription[] = [];
      let own: Connection | undefined;
      try {
        own = await connection.secondary();
        subscriptions.push(...(await this.#listen(own, signal)));
        this.#all = true;
        await this.#round(own, signal);
        if (signal.aborted) break;
        this.#set('connected');
        wait = RETRY.first;
        await this.#rounds(own, signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#set('reconnecting', errorLines(error)[0]);
        await delay(wait, undefined, { signal }).catch(() => undefined);
      } finally {
        for (const subscription of subscriptions) await subscription.close().catch(() => undefined);
        await own?.close().catch(() => undefined);
      }
    }
  }

  async #listen(own: Connection, signal: AbortSignal): Promise<Subscription[]> {
    const onEvent = (event: DomainEvent): void => {
      if (!signal.aborted) this.#take(event.domain.uuid, this.#model.apply(event, this.#now()));
    };
    const onMonitor = (event: MonitorEvent): void => {
      if (!signal.aborted) this.#take(event.domain.uuid, this.#model.applyMonitor(event, this.#now()));
    };
    const subscriptions = [
      await own.watchConnection((event) => {
        if (!signal.aborted) this.#onConnection(event);
      }),
      await own.watchDomainEvents(EVENTS, onEvent),
    ];
    const extra = await Promise.allSettled([
      ...MORE_EVENTS.map((name) => own.watchDomainEvents([name], onEvent)),
      own.watchMonitorEvents(MONITOR_EVENTS, onMonitor, undefined, REGEX),
    ]);
    for (const one of extra) if (one.status === 'fulfilled') subscriptions.push(one.value);
    return subscriptions;
  }

  #onConnection(event: ConnectionEvent): void {
    switch (event.event) {
      case 'closed':
        this.#set('reconnecting');
        break;
      case 'reopen-failed':
        this.#set('reconnecting', event.message);
        break;
      case 'reopened':
        this.#set('connected');
        this.#askAll();
        break;
      case 'domains-changed':
        this.#askAll();
        break;
      case 'yielded': {
        const { uuid } = event.domain;
        // At first whoever got the monitor has hardly begun; told again, there is something to see.
        const again = this.#model.domains.get(uuid)?.elsewhere === true;
        this.#model.setElsewhere(uuid, true);
        if (again) this.#ask(uuid, { state: true });
        this.#changed();
        break;
      }
      case 'regained':
        this.#model.setElsewhere(event.domain.uuid, false);
        this.#ask(event.domain.uuid, { state: true, job: true, snapshot: true });
        this.#changed();
    }
  }

  #askAll(): void {
    this.#all = true;
    this.#wake();
  }

  #take(uuid: string, ask: Ask): void {
    this.#ask(uuid, ask);
    this.#changed();
  }

  #ask(uuid: string, ask: Ask): void {
    if (Object.keys(ask).length === 0) return;
    const before = this.#asks.get(uuid);
    this.#asks.set(uuid, before ? { ...before, ...truths(ask) } : ask);
    this.#wake();
  }

  /** Asks in rounds, as long as there is something to ask; throws what ends the connection. */
  async #rounds(own: Connection, signal: AbortSignal): Promise<void> {
    let asked = Number.NEGATIVE_INFINITY;
    let looked = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const working = this.#working();
      const due = this.#all || this.#asks.size > 0 ? asked + ROUND_MS : Number.POSITIVE_INFINITY;
      const next = Math.min(due, working.length > 0 ? looked + JOB_MS : Number.POSITIVE_INFINITY);
      const now = this.#now();
      if (next > now) {
        await this.#idle(next - now, signal);
        continue;
      }
      if (working.length > 0 && now >= looked + JOB_MS) {
        looked = now;
        for (const uuid of working) this.#asks.set(uuid, { ...this.#asks.get(uuid), job: true });
      }
      asked = now;
      await this.#round(own, signal);
      this.#changed();
    }
  }

  async #round(own: Connection, signal: AbortSignal): Promise<void> {
    const asks = [...this.#asks];
    this.#asks.clear();
    if (own.ownEngine && asks.some(([, ask]) => ask.existence)) {
      // A QEMU that has ended is still known to the driver until everybody lets go of it.
      await own.release();
      this.#all = true;
    }
    if (this.#all || asks.length > ONE_BY_ONE) {
      this.#all = false;
      const list = await listAll(own, this.#model);
      if (signal.aborted) return;
      this.#model.setAll(list, this.#now());
    }
    // What a list doesn't tell is asked for of the first few; the rest have their turn in the next rounds.
    const rest = asks.map(([uuid, ask]): [string, Ask] =>
      asks.length > ONE_BY_ONE ? [uuid, { ...ask, state: false, existence: false }] : [uuid, ask],
    );
    const open = rest.filter(([, ask]) => Object.values(ask).some(Boolean));
    for (const [uuid, ask] of open.slice(0, ONE_BY_ONE)) {
      await answer(own, this.#model, uuid, ask, this.#now);
    }
    for (const [uuid, ask] of open.slice(ONE_BY_ONE)) {
      this.#asks.set(uuid, { ...ask, ...truths(this.#asks.get(uuid) ?? {}) });
    }
    await own.release();
  }

  /** Domains that may be running a job. */
  #working(): string[] {
    const working: string[] = [];
    for (const domain of this.#model.domains.values()) if (mayWork(domain)) working.push(domain.uuid);
    return working;
  }

  /** Until something is to be asked, but no longer than `ms`. */
  #idle(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = Number.isFinite(ms) ? setTimeout(finish, ms).unref() : undefined;
      signal.addEventListener('abort', finish);
      this.#wake = finish;
      if (signal.aborted) finish();
    });
  }
}

/**
 * Whether a job may be asked about. libvirt has a question that comes while a snapshot begins wait until the snapshot is
 * complete (qemuSnapshotCreateXML allows none at first, and who waits is not woken earlier). So neither a command which
 * takes one nor a guest that stands still for it is a reason to ask, but only the news that memory is on its way.
 */
const mayWork = ({ job, blockJobs, command, state, reason, elsewhere }: DomainStatus): boolean =>
  !elsewhere &&
  (job !== undefined ||
    blockJobs.size > 0 ||
    (command !== undefined && !command.startsWith(SNAPSHOT_COMMANDS)) ||
    (state === VIR_DOMAIN_PAUSED && JOB_REASONS.has(reason)));

/** Only what is asked for, so that it can be laid over what was asked before. */
const truths = (ask: Ask): Ask => Object.fromEntries(Object.entries(ask).filter(([, wanted]) => wanted));
