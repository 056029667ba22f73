import { setTimeout as delay } from 'node:timers/promises';
import {
  CommandFailure,
  type EventListener,
  type Migration,
  type QmpClient,
  TimeoutError,
} from '../qmp/index.js';

/** How far a memory stream has come, in bytes. */
export interface StreamProgress {
  readonly transferred: number;
  readonly remaining: number;
  readonly total: number;
  /** Passes over memory so far. */
  readonly passes: number;
  readonly milliseconds: number;
}

const PROGRESS_MS = 200;
const FINAL = new Set(['completed', 'failed', 'cancelled']);

/** Follows a migration from before it begins to its end, by its events; polls for progress only. */
export class MigrationWatch {
  readonly #qmp: QmpClient;
  readonly #listener: EventListener<'MIGRATION' | 'MIGRATION_PASS'>;
  readonly #started = performance.now();

  constructor(qmp: QmpClient) {
    this.#qmp = qmp;
    this.#listener = qmp.listen({ events: ['MIGRATION', 'MIGRATION_PASS'] });
  }

  /**
   * Waits for the end.
   * @param each called with every look at the migration while it runs; may act on it.
   * @param stalled milliseconds without any progress after which the wait is given up.
   * @throws TimeoutError, DisconnectedError, or the signal's reason
   */
  async untilEnded(options: {
    readonly each?: (migration: Migration, progress: StreamProgress) => void | Promise<void>;
    readonly stalled: number;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Migration> {
    let last = -1;
    let lastChange = performance.now();
    for (;;) {
      const migration = await this.#qmp.execute('query-migrate', undefined, { signal: options.signal });
      if (FINAL.has(migration.status ?? '')) return migration;
      const progress = this.progress(migration);
      await options.each?.(migration, progress);
      if (progress.transferred !== last) {
        last = progress.transferred;
        lastChange = performance.now();
      } else if (performance.now() - lastChange > options.stalled) {
        throw new TimeoutError(
          `the memory stream has stood still for ${options.stalled} ms`,
          options.stalled,
        );
      }
      await this.#nextEvent(options.signal);
    }
  }

  progress({ ram }: Migration): StreamProgress {
    return {
      transferred: ram?.transferred ?? 0,
      remaining: ram?.remaining ?? 0,
      total: ram?.total ?? 0,
      passes: ram?.['dirty-sync-count'] ?? 0,
      milliseconds: performance.now() - this.#started,
    };
  }

  close(): void {
    this.#listener.close();
  }

  async #nextEvent(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#listener.next({ timeout: PROGRESS_MS, signal });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }
}

/**
 * Waits until QEMU has cleaned up after a migration. A new one that is started before wedges migration for good
 * (seen on QEMU 10.0): while its connection can still be yanked, it isn't over.
 */
export async function migrationCleanedUp(qmp: QmpClient): Promise<void> {
  const deadline = performance.now() + 2000;
  while (performance.now() < deadline) {
    try {
      const instances = await qmp.execute('query-yank');
      if (!instances.some(({ type }) => type === 'migration')) return;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      await delay(200);
      return;
    }
    await delay(20);
  }
}
