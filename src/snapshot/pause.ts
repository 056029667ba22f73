import type { EventListener, QmpEvent } from '../qmp/index.js';

/** How long the guest stood still, from QEMU's own timestamps. */
export interface Pause {
  /** Milliseconds from STOP to RESUME, of all of them together. */
  readonly milliseconds: number;
  readonly stops: number;
  readonly resumes: number;
}

/** Collects STOP and RESUME until told to sum up. */
export class PauseWatch {
  readonly #listener: EventListener<'STOP' | 'RESUME'>;
  readonly #events: QmpEvent<'STOP' | 'RESUME'>[] = [];
  /** How many of them had come when the guest was last seen to run again. */
  #settled = 0;

  constructor(listener: EventListener<'STOP' | 'RESUME'>) {
    this.#listener = listener;
  }

  /** Waits until the guest runs again, if need be once more. @throws as EventListener.next */
  async untilResume(timeout: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeout;
    while (!this.#events.slice(this.#settled).some(({ event }) => event === 'RESUME')) {
      const event = await this.#listener.next({ timeout: deadline - performance.now(), signal });
      if (!event) return;
      this.#events.push(event);
    }
    this.#settled = this.#events.length;
  }

  /** Everything that has come so far. */
  async sum(): Promise<Pause> {
    // What has arrived already is handed over without waiting; an empty queue times out at once.
    for (;;) {
      const event = await this.#listener.next({ timeout: 0 }).catch(() => undefined);
      if (!event) break;
      this.#events.push(event);
    }
    const stops = this.#events.filter(({ event }) => event === 'STOP');
    const resumes = this.#events.filter(({ event }) => event === 'RESUME');
    let stopped: number | undefined;
    let microseconds = 0;
    for (const { event, timestamp } of this.#events) {
      if (event === 'STOP') stopped ??= timestamp ?? undefined;
      else if (stopped !== undefined) {
        microseconds += Math.max(0, (timestamp ?? stopped) - stopped);
        stopped = undefined;
      }
    }
    return { milliseconds: microseconds / 1000, stops: stops.length, resumes: resumes.length };
  }

  close(): void {
    this.#listener.close();
  }
}
