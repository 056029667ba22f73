import { VIR_STORAGE_POOL_DEGRADED, VIR_STORAGE_POOL_RUNNING } from '../../src/hypervisor/constants.js';
import type { StoragePool } from '../../src/hypervisor/index.js';
import { capacityText } from '../shell/capacity-text.js';
import { poolState } from './pool-states.js';

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

/** A pool as pool-list shows it: a row of its table, and the same as data. */
export async function describePool(
  pool: StoragePool,
  details: boolean,
): Promise<{ row: string[]; value: object }> {
  const autostart = await pool.getAutostart().catch(() => null);
  const autostartText = autostart === null ? 'no autostart' : yesNo(autostart);
  const base = { name: pool.name, uuid: pool.uuid, autostart };
  if (!details) {
    const state = (await pool.isActive()) ? 'active' : 'inactive';
    return { row: [pool.name, state, autostartText], value: { ...base, state } };
  }
  const persistent = await pool.isPersistent();
  const { state, capacity, allocation, available } = await pool.getInfo();
  const known = state === VIR_STORAGE_POOL_RUNNING || state === VIR_STORAGE_POOL_DEGRADED;
  const sizes = [capacity, allocation, available].map((bytes) => (known ? capacityText(bytes) : '-'));
  return {
    row: [pool.name, poolState(state), autostartText, yesNo(persistent), ...sizes],
    value: {
      ...base,
      state: poolState(state),
      persistent,
      ...(known && { capacity, allocation, available }),
    },
  };
}
