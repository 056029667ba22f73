import { setTimeout as delay } from 'node:timers/promises';
import { type QmpClient, type Status, TimeoutError } from '../qmp/index.js';

const SETTLE_DEADLINE_MS = 30_000;

/**
 * The guest's run state once QEMU has finished with a migration. `completed` (and `failed`) is told before the run state
 * has followed: a `cont` in between, in finish-migrate, lets QEMU set postmigrate on a running guest, which is an
 * assertion to it (seen with QEMU 10.0).
 */
export async function settledRunState(qmp: QmpClient): Promise<Status> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS;
  for (;;) {
    const state = await qmp.execute('query-status');
    if (state.status !== 'finish-migrate') return state;
    if (performance.now() > deadline) {
      throw new TimeoutError(
        `QEMU did not leave finish-migrate within ${SETTLE_DEADLINE_MS} ms`,
        SETTLE_DEADLINE_MS,
      );
    }
    await delay(1);
  }
}
