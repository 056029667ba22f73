import { randomBytes } from 'node:crypto';
import { call, runJob } from '../qmp/index.js';
import type { Guest } from './guest.js';
import type { Journal } from './journal.js';
import type { MemoryTaken } from './memory-operation.js';
import { PauseWatch } from './pause.js';
import type { SnapshotPlan } from './plan.js';

/** snapshot-save blocks the monitor while it writes memory into the image: as long as that takes. */
const SAVE_TIMEOUT_MS = 30 * 60_000;

/** Memory and disks into the images themselves; QEMU stops the guest throughout. */
export async function takeInternalFull(
  guest: Guest,
  plan: SnapshotPlan,
  journal: Journal,
  signal: AbortSignal,
): Promise<MemoryTaken> {
  const { qmp } = guest;
  const nodes = plan.internal.map(({ medium }) => medium.node);
  const [vmstate] = nodes;
  if (vmstate === undefined) throw new Error('no disk takes the memory');
  const id = `snapctl-save-${randomBytes(4).toString('hex')}`;
  const pauses = new PauseWatch(qmp.listen({ events: ['STOP', 'RESUME'] }));
  try {
    await journal.update({ step: 'switching', jobs: [id] });
    signal.throwIfAborted();
    // The job can't be cancelled, and its command is not answered before it ends: an interrupt waits for it.
    await runJob(
      qmp,
      id,
      () =>
        qmp.execute(
          'snapshot-save',
          { 'job-id': id, tag: plan.name, vmstate, devices: nodes },
          { timeout: SAVE_TIMEOUT_MS },
        ),
      { timeout: SAVE_TIMEOUT_MS },
    );
    await journal.update({ step: 'finishing' });
    signal.throwIfAborted();
    return { pause: await pauses.sum(), transferred: 0, passes: 1 };
  } finally {
    pauses.close();
  }
}

/** The disks' present state into the images themselves, all or none. */
export async function takeInternalDisks(guest: Guest, plan: SnapshotPlan, journal: Journal): Promise<void> {
  await journal.update({ step: 'switching' });
  const [transaction] = await guest.qmp.executeTogether([
    call('transaction', {
      actions: plan.internal.map(({ medium }) => ({
        type: 'blockdev-snapshot-internal-sync' as const,
        data: { device: medium.node, name: plan.name },
      })),
    }),
  ]);
  if (transaction.status === 'rejected') throw transaction.reason;
}
