import { ConnectError, type EventMessage } from '../../qmp/index.js';
import { connectGuest } from '../../snapshot/connect-guest.js';
import type { Guest } from '../../snapshot/guest.js';
import { Journal, type JournalRecord } from '../../snapshot/journal.js';
import { isAlive } from '../../snapshot/process-identity.js';
import { domainStateFolder } from '../../snapshot/state-folder.js';
import { inModel } from './errors.js';

export interface Identity {
  readonly name: string;
  /** Lower case with dashes; all zeroes where QEMU was given none. */
  readonly uuid: string;
  /** The process id of QEMU, -1 if it can't be told. */
  readonly id: number;
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
  readonly #watchers = new Set<{ readonly events: { close(): void } }>();

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
    const folder = await domainStateFolder(socket);
    const held = await holder(folder);
    if (held) return fromJournal(held);
    try {
      const guest = await connectGuest(socket, { timeout });
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

  /** The guest, connected. @throws HypervisorError */
  guest(): Promise<Guest> {
    this.#guest ??= inModel(() => connectGuest(this.socket, { timeout: this.#timeout }));
    // A failure is not remembered: the monitor may come free.
    this.#guest.catch(() => {
      this.#guest = undefined;
    });
    return this.#guest;
  }

  /**
   * Hands every event of the monitor to a listener, and `gone` when the monitor closes. The monitor stays connected
   * until the last listener has closed.
   */
  async watch(listener: (message: EventMessage | 'gone') => void): Promise<{ close(): Promise<void> }> {
    const { qmp } = await this.guest();
    const events = qmp.listen();
    const watching = { events };
    this.#watchers.add(watching);
    const pump = async (): Promise<void> => {
      try {
        for await (const event of events) listener(event);
      } catch {
        listener('gone');
      } finally {
        this.#watchers.delete(watching);
      }
    };
    const ended = pump();
    return {
      close: async () => {
        events.close();
        await ended;
      },
    };
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  /** The operation of ours that is under way or was left on this guest, if any, and who of its processes lives. */
  async operation(): Promise<{ record: JournalRecord; alive: boolean; guarded: boolean } | undefined> {
    const record = await Journal.read(this.folder);
    if (!record) return undefined;
    const guarded = record.guardian !== null && (await isAlive(record.guardian));
    return { record, alive: await isAlive(record.controller), guarded };
  }

  /** Gives the monitor up, unless somebody listens. */
  async release(): Promise<void> {
    if (!this.watched) await this.close();
  }

  async close(): Promise<void> {
    for (const { events } of this.#watchers) events.close();
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
  if (!record?.qemu || !(await isAlive(record.qemu))) return undefined;
  for (const owner of [record.controller, record.guardian]) {
    if (owner && (await isAlive(owner))) return record;
  }
  return undefined;
}
