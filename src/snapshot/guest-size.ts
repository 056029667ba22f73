import type { QmpClient } from '../qmp/index.js';

export interface GuestSize {
  /** Bytes of RAM, plugged modules included. */
  readonly memory: number;
  readonly cpus: number;
}

export async function guestSize(qmp: QmpClient): Promise<GuestSize> {
  const { 'base-memory': base, 'plugged-memory': plugged = 0 } =
    await qmp.execute('query-memory-size-summary');
  return { memory: base + plugged, cpus: (await qmp.execute('query-cpus-fast')).length };
}
