import { setTimeout as delay } from 'node:timers/promises';
import { QmpClient } from '../../dist/qmp.js';

/**
 * Looks at a guest from outside, through a monitor of its own: when QEMU stopped it and let it go on, by QEMU's
 * timestamps.
 */
export class Observer {
  #client;
  #events = [];

  static async connect(path) {
    const observer = new Observer(await QmpClient.connect(path));
    observer.#collect();
    return observer;
  }

  constructor(client) {
    this.#client = client;
  }

  get client() {
    return this.#client;
  }

  /** Where the events are that come from now on. */
  mark() {
    return this.#events.length;
  }

  /** How long the guest stood still since a mark, in ms: from each STOP to its RESUME, added up. */
  async pausedSince(mark) {
    const stopped = () => this.#events.slice(mark).filter(({ event }) => event === 'STOP').length;
    const resumed = () => this.#events.slice(mark).filter(({ event }) => event === 'RESUME').length;
    for (let waited = 0; resumed() < stopped(); waited += 5) {
      if (waited > 10_000) throw new Error('the guest has not been resumed');
      await delay(5);
    }
    let total = 0;
    let since;
    for (const { event, timestamp } of this.#events.slice(mark)) {
      if (event === 'STOP') since ??= timestamp;
      else if (since !== undefined) {
        total += (timestamp - since) / 1000;
        since = undefined;
      }
    }
    return total;
  }

  async close() {
    await this.#client.disconnect();
  }

  async #collect() {
    const listener = this.#client.listen({ events: ['STOP', 'RESUME'] });
    // It ends, with an error, when QEMU does.
    try {
      for await (const event of listener) this.#events.push(event);
    } catch {}
  }
}
