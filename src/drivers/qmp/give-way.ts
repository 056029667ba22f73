import { readFile } from 'node:fs/promises';
import { Journal } from '../../snapshot/journal.js';
import type { BareDomain } from './bare-domain.js';

/** How often we look whether somebody waits for a monitor that we only listen to, in ms. */
const PERIOD_MS = 250;

interface Minded {
  readonly used: () => boolean;
  /** How many listen. */
  count: number;
  /** Of an operation that another process is at, as it was last seen. */
  seen: string;
}

/** Who is connected to a socket, and who waits to be. */
interface Clients {
  readonly connected: number;
  readonly waiting: number;
}

/**
 * Gives way on monitors. A monitor serves one client at a time, and whoever only listens must not keep others from it:
 * the kernel's list of sockets tells that somebody has connected and was not accepted yet. It also tells when the
 * monitor is free again. Where sockets of other namespaces aren't listed, nobody is seen waiting.
 */
class GiveWay {
  readonly #minded = new Map<BareDomain, Minded>();
  #timer: NodeJS.Timeout | undefined;

  /** @param used tells that the monitor is needed here. @returns what ends it. */
  mind(domain: BareDomain, used: () => boolean): () => void {
    const minded = this.#minded.get(domain) ?? { used, count: 0, seen: '' };
    minded.count += 1;
    this.#minded.set(domain, minded);
    this.#timer ??= setTimeout(() => void this.#look(), PERIOD_MS).unref();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      minded.count -= 1;
      if (minded.count === 0) this.#minded.delete(domain);
    };
  }

  async #look(): Promise<void> {
    const table = await readFile('/proc/net/unix', 'utf8').catch(() => '');
    const clients = clientsOf(
      table,
      [...this.#minded.keys()].map(({ socket }) => socket),
    );
    for (const [domain, minded] of [...this.#minded]) {
      const { connected, waiting } = clients.get(domain.socket) ?? { connected: 0, waiting: 0 };
      if (!domain.yielded) {
        if (waiting > 0 && !minded.used()) await domain.yield();
      } else if (connected + waiting === 0) {
        await domain.regain();
      } else {
        const seen = await stepOf(domain);
        if (seen !== minded.seen) domain.tellYielded();
        minded.seen = seen;
      }
    }
    this.#timer = this.#minded.size > 0 ? setTimeout(() => void this.#look(), PERIOD_MS).unref() : undefined;
  }
}

export const giveWay = new GiveWay();

/** How far an operation on the domain is that another process is at. */
async function stepOf({ folder }: BareDomain): Promise<string> {
  const record = await Journal.read(folder).catch(() => undefined);
  return record ? `${record.startedAt} ${record.step} ${record.frozen}` : '';
}

/** Counts the clients of sockets in the text of /proc/net/unix. */
export function clientsOf(table: string, sockets: readonly string[]): Map<string, Clients> {
  const counts = new Map(sockets.map((socket) => [socket, { connected: 0, waiting: 0 }]));
  for (const line of table.split('\n').slice(1)) {
    // Num RefCount Protocol Flags Type St Inode Path; the accepting end has the listening socket's path. St 02 is
    // SS_CONNECTING, one that nobody has accepted yet, 03 SS_CONNECTED, 01 the listening one itself.
    const [, state, path] = /^\S+ \S+ \S+ \S+ \S+ (\S+) +\d+ (.*)$/.exec(line) ?? [];
    const count = path === undefined ? undefined : counts.get(path);
    if (count && state === '02') count.waiting += 1;
    else if (count && state === '03') count.connected += 1;
  }
  return counts;
}
