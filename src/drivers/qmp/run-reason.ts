import {
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_FROM_SNAPSHOT,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_FROM_SNAPSHOT,
} from '../../hypervisor/constants.js';
import type { DomainState } from '../../hypervisor/domain-lifecycle.js';
import { identifyProcess } from '../../snapshot/process-identity.js';
import { processBehind } from '../../snapshot/qemu-process.js';
import { readRunReason, writeRunReason } from '../../snapshot/run-reason.js';
import type { BareDomain } from './bare-domain.js';

/**
 * Remembers why a guest is in a state that we have put it in. What was done has been done: that it can't be remembered
 * is no failure of it.
 * @param anew another QEMU has taken the first one's place.
 */
export async function rememberReason(domain: BareDomain, state: DomainState, anew = false): Promise<void> {
  try {
    const { id } = domain.identity;
    const qemu = anew ? await processBehind(domain.socket) : id > 0 ? await identifyProcess(id) : undefined;
    if (qemu) await writeRunReason(domain.folder, { qemu, ...state });
  } catch {
    // The reason will be the usual one of its state.
  }
}

/** What a guest is after it has gone back to a snapshot. */
export const fromSnapshot = (running: boolean): DomainState =>
  running
    ? { state: VIR_DOMAIN_RUNNING, reason: VIR_DOMAIN_RUNNING_FROM_SNAPSHOT }
    : { state: VIR_DOMAIN_PAUSED, reason: VIR_DOMAIN_PAUSED_FROM_SNAPSHOT };

/** The state with the reason that was remembered, if it has not changed since as far as can be told. */
export async function withRememberedReason(domain: BareDomain, now: DomainState): Promise<DomainState> {
  const { id } = domain.identity;
  const known = id > 0 ? await readRunReason(domain.folder, id) : undefined;
  if (known?.state !== now.state) return now;
  const same = (await identifyProcess(id))?.startTime === known.qemu.startTime;
  return same ? { state: now.state, reason: known.reason } : now;
}
