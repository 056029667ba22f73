const states = ['inactive', 'building', 'running', 'degraded', 'inaccessible'];

/** virsh's word for a pool's state (VIR_STORAGE_POOL_*). */
export const poolState = (state: number): string => states[state] ?? 'unknown';
