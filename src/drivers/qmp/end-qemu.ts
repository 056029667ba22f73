import { call, QmpError } from '../../qmp/index.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

/** Ends QEMU; it may close the monitor before it answers. */
export async function endQemu(domain: BareDomain): Promise<void> {
  await inModel(async () => {
    const { qmp } = await domain.guest();
    await qmp.executeTogether([call('quit')]).catch((error: unknown) => {
      if (!(error instanceof QmpError)) throw error;
    });
  });
  await domain.release();
}
