import { ConnectError, type EventMessage } from '../../qmp/index.js';
import { connectGuest } from '../../snapshot/connect-guest.js';
import type { Guest } from '../../snapshot/guest.js';
import { locateGuest } from '../../snapshot/guest-place.js';
import { type Hands, handsOf, Journal, type JournalRecord } from '../../snapshot/journal.js';
import { isAlive } from '../../snapshot/process-identity.js';
import { busyWith, inModel } from './errors.js';

export interface Identity {
  readonly name: string;
  /** Lower case with dashes; all zeroes where QEMU was given none. */
  readonly uuid: string;
  /** The process id of QEMU, -1 if it can't be told. */
  readonly id: number;
}

/** What a listener hears: an event; `gone`, the end; `yielded` and `regained`, between which there is no news. */
export type MonitorNews = EventMessage | 'gone' | 'yielded' | 'regained';

/** A block job as its events tell of it. */
export interface BlockJobNames {
  /** The disk as the user named it, its target, and its image. */
  readonly asked: string;
  readonly target: string;
  readonly path: string;
  /** VIR_DOMAIN_BLOCK_JOB_TYPE_*. */
  readonly type: number;
}

interface Watcher {
  readonly listener: (news: MonitorNews) => void;
  events: { close(): void } | undefined;
  ended: Promise<void>;
}

/**
 * A QEMU behind a socket. A monitor serves one client at a time, so the connection is made when something is asked of
 * it and given up when the command is done.
 */
export class BareDomain {
  readonly identity: Identity;
  readonly socket: string;
  readonly folder: string;
  readonly #timeout: number;
  #guest: Promise<Guest> | undefined;
  /** What block jobs are about that were started here, by their ids in QEMU. */
  readonly jobNames = new Map<string, BlockJobNames>();
  readonly #watchers = new Set<Watcher>();
  #yielded = false;

  private constructor(identity: Identity, socket: string, folder: string, timeout: number) {
    this.identity = identity;
    this.socket = socket;
    this.folder = folder;
    this.#timeout = timeout;
  }

  /**
   * Meets the QEMU behind a socket. One whose monitor is taken by an operation of ours is known by its journal.
   * @throws HypervisorError
   */
  static async meet(socket: string, timeout: number): Promise<BareDomain> {
    const place = await locateGuest(socket);
    const { folder } = place;
    const held = await holder(folder);
    if (held) return fromJournal(held);
    try {
      const guest = await connectGuest(socket, { timeout, place });
      const identity = { name: guest.name, uuid: guest.uuid, id: guest.process?.pid ?? -1 };
      const domain = new BareDomain(identity, socket, folder, timeout);
      domain.#guest = Promise.resolve(guest);
      return domain;
    } catch (error) {
      const record =
        error instanceof ConnectError && error.reason === 'busy' ? await Journal.read(folder) : undefined;
      if (!record) return inModel(() => Promise.reject(error));
      return fromJournal(record);
    }

    function fromJournal(record: JournalRecord): BareDomain {
      const identity = { name: record.domain, uuid: record.uuid, id: record.qemu?.pid ?? -1 };
      return new BareDomain(identity, socket, folder, timeout);
    }
  }

  /** The guest, connected. @throws HypervisorError; who has the monitor is told, if it is one of us. */
  guest(): Promise<Guest> {
    this.#guest ??= inModel(() => this.#connect());
    this.#guest.then(
      () => {
        // Whoever had the monitor is done with it: those who listened hear again.
        if (this.#yielded) void this.regain();
      },
      () => {
        // A failure is not remembered: the monitor may come free.
        this.#guest = undefined;
      },
    );
    return this.#guest;
  }

  async #connect(): Promise<Guest> {
    try {
      return await connectGuest(this.socket, { timeout: this.#timeout });
    } catch (error) {
      const taken = error instanceof ConnectError && error.reason === 'busy';
      const record = taken ? await holder(this.folder) : undefined;
      throw record ? busyWith(record, error) : error;
    }
  }

  /**
   * Hands every event of the monitor to a listener. The monitor stays connected until the last listener has closed, the
   * monitor itself has, or another program has asked for it.
   */
  async watch(listener: (news: MonitorNews) => void): Promise<{ close(): Promise<void> }> {
    const watcher: Watcher = { listener, events: undefined, ended: Promise.resolve() };
    await this.#listen(watcher);
    this.#watchers.add(watcher);
    return {
      close: async () => {
        this.#watchers.delete(watcher);
        watcher.events?.close();
        await watcher.ended;
      },
    };
  }

  async #listen(watcher: Watcher): Promise<void> {
    const { qmp } = await this.guest();
    const events = qmp.listen();
    const pump = async (): Promise<void> => {
      try {
        for await (const event of events) watcher.listener(event);
      } catch {
        if (this.#watchers.delete(watcher)) watcher.listener('gone');
      }
    };
    watcher.events = events;
    watcher.ended = pump();
  }

  /** Another program has, or is about to get, the monitor that somebody here listens to. */
  get yielded(): boolean {
    return this.#yielded;
  }

  /** Gives the monitor to whoever waits for it; listeners hear nothing until `regain`. */
  async yield(): Promise<void> {
    this.#yielded = true;
    for (const { events } of this.#watchers) events?.close();
    await this.#disconnect();
    this.tellYielded();
  }

  tellYielded(): void {
    for (const { listener } of this.#watchers) listener('yielded');
  }

  /** Listens again. Never rejects: a QEMU that has gone meanwhile is told of as such. */
  async regain(): Promise<void> {
    this.#yielded = false;
    for (const watcher of [...this.#watchers]) {
      try {
        await this.#listen(watcher);
        watcher.listener('regained');
      } catch {
        if (this.#watchers.delete(watcher)) watcher.listener('gone');
      }
    }
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  /** The operation of ours that is under way or was left on this guest, if any, and who is at it. */
  async operation(): Promise<{ record: JournalRecord; hands: Hands } | undefined> {
    const record = await Journal.read(this.folder);
    return record && { record, hands: await handsOf(record) };
  }

  /** The operation that has the monitor, which we then can't ask; its record is all there is. */
  async held(): Promise<JournalRecord | undefined> {
    return this.#guest ? undefined : holder(this.folder);
  }

  /** Whether the other is another way to the same QEMU. */
  isSame({ identity: { id }, folder }: BareDomain): boolean {
    return id > 0 && id === this.identity.id && folder === this.folder;
  }

  /** Gives the monitor up, unless somebody listens. */
  async release(): Promise<void> {
    if (!this.watched) await this.close();
  }

  async close(): Promise<void> {
    for (const { events } of this.#watchers) events?.close();
    this.#watchers.clear();
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    const guest = this.#guest;
    this.#guest = undefined;
    await (await guest?.catch(() => undefined))?.qmp.disconnect();
  }
}

/**
 * The operation of ours whose process is at work on the guest and so holds its monitor: there is no point in waiting
 * for a greeting.
 */
async function holder(folder: string): Promise<JournalRecord | undefined> {
  const record = await Journal.read(folder);
  if (!record || (record.qemu && !(await isAlive(record.qemu)))) return undefined;
  return (await handsOf(record)) === 'nobody' ? undefined : record;
}
