import { resizeDisk } from '../../block/disk-size.js';
import { checkFlags } from '../../block/refusals.js';
import { readThrottle, setThrottle } from '../../block/throttle.js';
import { setWriteThreshold } from '../../block/write-threshold.js';
import { VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE } from '../../hypervisor/constants.js';
import type { DomainDevices } from '../../hypervisor/domain-devices.js';
import type { TypedParameter } from '../../hypervisor/typed-parameter.js';
import type { BareDomain } from './bare-domain.js';
import { refuseConfig } from './cpus.js';
import { inModel } from './errors.js';

type DiskTuning = Pick<
  DomainDevices,
  'blockResize' | 'getBlockIoTune' | 'setBlockIoTune' | 'setBlockThreshold'
>;

/** How large a disk is, how fast it may be, and when its growth is told of. */
export function diskTuning(domain: BareDomain): DiskTuning {
  return {
    blockResize: (disk, size, flags = 0) =>
      inModel(async () => resizeDisk(await domain.guest(), disk, size, flags)),
    getBlockIoTune: (disk, flags = 0) =>
      inModel(async (): Promise<TypedParameter[]> => {
        checkLive(flags, 'virDomainGetBlockIoTune');
        return readThrottle(await domain.guest(), disk ?? '');
      }),
    setBlockIoTune: (disk, parameters, flags = 0) =>
      inModel(async () => {
        checkLive(flags, 'virDomainSetBlockIoTune');
        await setThrottle(await domain.guest(), disk, parameters);
      }),
    setBlockThreshold: (device, threshold, flags = 0) =>
      inModel(async () => {
        checkFlags(flags, 0, 'virDomainSetBlockThreshold');
        await setWriteThreshold(await domain.guest(), device, threshold);
      }),
  };
}

/** @throws HypervisorError in libvirt's words: nobody keeps the configuration of a bare QEMU. */
export function checkLive(flags: number, name: string): void {
  checkFlags(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG, name);
  refuseConfig(flags);
}
