import { Worker } from 'node:worker_threads';
import { milliseconds } from './clock.mjs';

/**
 * Listens to the guest's heartbeat (test/guest/heartbeat.c: a byte every 2 ms) and tells how long it was silent. That is
 * the guest's own view: it counts both when the guest is stopped and when it is held up while running. It listens on a
 * thread of its own, which nothing else keeps busy.
 */
export class Heartbeat {
  #worker;
  #lastRequest = 0;

  constructor(socket) {
    this.#worker = new Worker(new URL('heartbeat-listener.mjs', import.meta.url), { workerData: { socket } });
  }

  /** The longest silence that overlaps a span, up to the first beat after it. @returns milliseconds */
  async longestSilence(from, to) {
    const [start, end] = await this.#ask({ from, to });
    return end - start;
  }

  /** When the first beat came from a QEMU that has taken the other's place since an instant. */
  firstBeatOfSuccessor(since) {
    return this.#ask({ reconnected: since });
  }

  /** When the first beat after an instant came, on clock.mjs's clock. */
  firstBeatAfter(instant) {
    return this.#ask({ after: instant });
  }

  /** Waits until the guest has beaten a while. */
  async steady() {
    await this.firstBeatAfter(milliseconds() + 50);
  }

  close() {
    return this.#worker.terminate();
  }

  #ask(question) {
    const id = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => settle(reject, new Error('the guest gives no heartbeat')), 60_000);
      const hear = (answer) => answer.id === id && settle(resolve, answer.value);
      const settle = (how, value) => {
        clearTimeout(deadline);
        this.#worker.off('message', hear);
        how(value);
      };
      this.#worker.on('message', hear);
      this.#worker.postMessage({ id, ...question });
    });
  }
}
