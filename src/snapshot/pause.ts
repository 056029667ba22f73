import type { EventListener, QmpEvent } from '../qmp/index.js';

/** How long the guest stood still, from QEMU's own timestamps. */
export interface Pause {
  /** Milliseconds from STOP to RESUME. */
  readonly milliseconds: number;
  readonly stops: number;
  readonly resumes: number;
}

/** Collects STOP and RESUME until told to sum up. */
export class PauseWatch {
  readonly #listener: EventListener<'STOP' | 'RESUME'>;
  readonly #events: QmpEvent<'STOP' | 'RESUME'>[] = [];

  constructor(listener: EventListener<'STOP' | 'RESUME'>) {
    this.#listener = listener;
  }

  /** Waits until the guest runs again. @throws as EventListener.next */
  async untilResume(timeout: number, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + timeout;
    while (this.#events.at(-1)?.event !== 'RESUME') {
      const event = await this.#listener.next({ timeout: deadline - performance.now(), signal });
      if (!event) return;
      this.#events.push(event);
    }
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
    const [first] = stops;
    const last = resumes.at(-1);
    const length = ((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) / 1000;
    return {
      milliseconds: first && last ? Math.max(0, length) : 0,
      stops: stops.length,
      resumes: resumes.length,
    };
  }

  close(): void {
    this.#listener.close();
  }
}
