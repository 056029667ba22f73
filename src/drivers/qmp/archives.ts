import type { DomainArchives } from '../../hypervisor/domain-archives.js';
import { archiveGuest } from '../../snapshot/archive-create.js';
import { methods } from '../../snapshot/method.js';
import type { BareDomain } from './bare-domain.js';
import { describeDomain } from './domain-xml.js';
import { inModel } from './errors.js';

/** Archives of a bare QEMU. */
export const archives = (domain: BareDomain): DomainArchives => ({
  archiveCreate: (file, options) =>
    inModel(async () => {
      const guest = await domain.guest();
      return archiveGuest(guest, file, {
        ...options,
        method: methods.find((method) => method === options.method),
        describe: () => describeDomain(guest),
      });
    }),
});
