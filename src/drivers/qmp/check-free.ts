import { setTimeout as delay } from 'node:timers/promises';
import { VIR_ERR_OPERATION_INVALID, VIR_FROM_QEMU } from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { describeOperation, type JournalRecord } from '../../snapshot/journal.js';
import type { BareDomain } from './bare-domain.js';
import { busyWith } from './errors.js';

/** How long the process that mends a guest by itself is waited for. */
const MENDING_PATIENCE_MS = 15_000;

/** What there is to say of an operation that nobody is at any more. */
export function cutOff(record: JournalRecord): HypervisorError {
  const what = `${describeOperation(record)} of domain '${record.domain}'`;
  return new HypervisorError(
    `${what}, begun ${record.startedAt}, was cut off: run 'snapctl recover ${record.domain}' first`,
    { code: VIR_ERR_OPERATION_INVALID, domain: VIR_FROM_QEMU },
  );
}

/**
 * @throws HypervisorError another snapctl is at work on the guest, or was and its work must be mended first.
 */
export async function checkFree(bare: BareDomain): Promise<void> {
  const deadline = performance.now() + MENDING_PATIENCE_MS;
  for (;;) {
    const operation = await bare.operation();
    if (!operation || operation.record.controller.pid === process.pid) return;
    const { record, hands } = operation;
    if (hands === 'controller') throw busyWith(record);
    if (hands === 'nobody' || performance.now() > deadline) throw cutOff(record);
    // Its guardian is at it, in another process: nothing tells us when that is done.
    await delay(100);
  }
}
