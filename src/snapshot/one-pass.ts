import { setTimeout as delay } from 'node:timers/promises';
import { CommandFailure, call } from '../qmp/index.js';
import { MemoryFailure, type MemoryOperation, RestlessGuest } from './memory-operation.js';
import { setBandwidth, UNLIMITED } from './migration-settings.js';
import type { StreamProgress } from './migration-watch.js';
import type { PauseWatch } from './pause.js';
import { VcpuLoad, type VcpuWork } from './vcpu-load.js';

/**
 * Pre-copy for a QEMU that loses writes after each look at memory while the guest runs (see lost-writes.ts): in one pass,
 * and the guest stands still for both looks, at its beginning and at its end. When QEMU begins to log changes it empties
 * the emulated processors' caches of addresses, so that whatever they write after the first look is noted.
 */

/**
 * The pause that QEMU is asked for: none. Then nothing that is left is little enough for a look while the guest runs, and
 * the end of the pass is the end (ram_save_pending() and migration_iteration_run() before 9.0).
 */
export const ONE_PASS_DOWNTIME = 0;
const LOOKS = 2;
const BEGIN_DEADLINE_MS = 30_000;
/** Bytes a second: a page each 100 ms. */
const PARKED = 10_000;
/**
 * How much a guest that was calm may do meanwhile, in ms on a processor: all that it changes is sent while it stands. One that
 * goes on as calmly as before may do more: the pass takes as long as it takes, and giving it up costs it twice.
 */
const CALM_WORK_MS = 500;
const CALM_SHARE = 0.35;
const MOST_WORK_MS = 1000;

/**
 * Begins the migration, with the guest stopped for as long as QEMU needs to get ready.
 * @throws MemoryFailure and others; the guest runs again, or mending lets it
 */
export async function beginOnePass(operation: MemoryOperation, pauses: PauseWatch): Promise<void> {
  const { streamUri, signal, tentative } = operation;
  const { qmp } = operation.guest;
  // A small guest may be through before it runs again: then its disks would go on with it. Costs a tenth of a second.
  if (!tentative) await setBandwidth(qmp, PARKED);
  const [stop, migrate] = await qmp.executeTogether([call('stop'), call('migrate', { uri: streamUri })]);
  for (const each of [stop, migrate]) if (each.status === 'rejected') throw each.reason;
  const deadline = performance.now() + BEGIN_DEADLINE_MS;
  for (;;) {
    const { status } = await qmp.execute('query-migrate', undefined, { signal });
    if (status === 'completed') return;
    if (status !== 'none' && status !== 'setup') break;
    if (performance.now() > deadline) throw new MemoryFailure('the migration does not begin');
    await delay(1, undefined, { signal });
  }
  await qmp.execute('cont').catch((error: unknown) => {
    // It is ending its migration at this very moment: its guest must not go on before its disks are switched.
    throw tentative && error instanceof CommandFailure ? new RestlessGuest(error.message) : error;
  });
  await pauses.untilResume(BEGIN_DEADLINE_MS);
  if (!tentative) await setBandwidth(qmp, UNLIMITED);
}

/**
 * Sees to it that all was as it must be, when memory is through.
 * @param looks of QEMU at what was changed
 * @throws MemoryFailure writes may be lost, or the guest has gone on; RestlessGuest the same, and there is another way
 */
export async function checkOnePass({ guest, tentative }: MemoryOperation, looks: number): Promise<void> {
  const { running } = await guest.qmp.execute('query-status');
  const fault = running
    ? 'QEMU was through with memory before the guest ran again'
    : looks > LOOKS
      ? 'QEMU went over memory more than once'
      : undefined;
  if (fault === undefined) return;
  if (tentative) throw new RestlessGuest(fault);
  throw new MemoryFailure(`${fault}; try --method background, or no --live`);
}

/** Sees to it that a guest that is taken because it is calm stays so. */
export class OnePass {
  readonly #operation: MemoryOperation;
  readonly #load: VcpuLoad | undefined;

  private constructor(operation: MemoryOperation, load: VcpuLoad | undefined) {
    this.#operation = operation;
    this.#load = load;
  }

  static async of(operation: MemoryOperation): Promise<OnePass> {
    return new OnePass(operation, operation.tentative ? await VcpuLoad.begin(operation.guest) : undefined);
  }

  async steer(progress: StreamProgress): Promise<void> {
    this.#operation.onProgress(progress);
    const work = await this.#load?.work();
    if (work && isBusy(work)) throw new RestlessGuest('the guest has become busy');
  }
}

const isBusy = ({ ran, elapsed }: VcpuWork): boolean =>
  ran > MOST_WORK_MS || (ran > CALM_WORK_MS && ran > elapsed * CALM_SHARE);
