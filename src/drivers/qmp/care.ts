import { findAgentPort } from '../../agent/index.js';
import type { DomainCare } from '../../hypervisor/domain-care.js';
import { queryOpenImages } from '../../snapshot/open-images.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

/** What a domain's monitor tells of its images. */
export const care = (domain: BareDomain): DomainCare => ({
  getCareFacts: () =>
    inModel(async () => {
      const guest = await domain.guest();
      const { chains } = await queryOpenImages(guest);
      const { process: qemu } = guest;
      const port = await findAgentPort(guest.qmp);
      return {
        stateFolder: guest.folder,
        qemuVersion: guest.version,
        process: qemu ? { pid: qemu.pid, uid: qemu.uid, gid: qemu.gid } : null,
        agent: port ? (port.open ? 'open' : 'silent') : 'none',
        disks: chains.map(({ disk, images }) => ({
          target: disk.target,
          readonly: disk.medium?.readonly ?? true,
          images: images.map(({ file, format }) => ({ file, format })),
        })),
      };
    }),
});
