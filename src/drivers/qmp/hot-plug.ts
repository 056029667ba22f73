import { changeMedium } from '../../block/change-medium.js';
import { parseDisk } from '../../block/disk-xml.js';
import { attachDisk, detachDisk } from '../../block/hot-plug.js';
import { refusal } from '../../block/refusals.js';
import {
  VIR_DOMAIN_DEVICE_MODIFY_FORCE,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainDevices } from '../../hypervisor/domain-devices.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { BareDomain } from './bare-domain.js';
import { checkLive } from './disk-tuning.js';
import { inModel } from './errors.js';
import { interfaces } from './interfaces.js';

type HotPlug = Pick<
  DomainDevices,
  'attachDevice' | 'attachDeviceFlags' | 'detachDevice' | 'detachDeviceFlags' | 'updateDeviceFlags'
>;

/** Disks that come and go while a guest runs, and what is in its drives. Other devices are not described here. */
export function hotPlug(domain: BareDomain): HotPlug {
  const attach = (xml: string, flags: number): Promise<void> =>
    inModel(async () => {
      checkLive(flags, 'virDomainAttachDeviceFlags');
      refuseOthers(xml, 'attach');
      await attachDisk(await domain.guest(), parseDisk(xml));
    });
  const detach = (xml: string, flags: number): Promise<void> =>
    inModel(async () => {
      checkLive(flags, 'virDomainDetachDeviceFlags');
      refuseOthers(xml, 'detach');
      await detachDisk(await domain.guest(), parseDisk(xml).target);
    });
  return {
    attachDevice: (xml) => attach(xml, 0),
    attachDeviceFlags: (xml, flags = 0) => attach(xml, flags),
    detachDevice: (xml) => detach(xml, 0),
    detachDeviceFlags: (xml, flags = 0) => detach(xml, flags),
    updateDeviceFlags: (xml, flags = 0) => {
      if (rootName(xml) === 'interface') return interfaces(domain).updateDeviceFlags(xml, flags);
      return inModel(async () => {
        const force = (flags & VIR_DOMAIN_DEVICE_MODIFY_FORCE) !== 0;
        checkLive(flags & ~VIR_DOMAIN_DEVICE_MODIFY_FORCE, 'virDomainUpdateDeviceFlags');
        refuseOthers(xml, 'update');
        const disk = parseDisk(xml);
        if (disk.device !== 'cdrom' && disk.device !== 'floppy')
          throw refusal('configuration', 'disk source can be changed only in removable drives');
        await changeMedium(await domain.guest(), disk, force);
      });
    },
  };
}

const rootName = (xml: string): string | undefined =>
  /^\s*(?:<\?[^>]*\?>\s*|<!--[\s\S]*?-->\s*)*<([\w-]+)/.exec(xml)?.[1];

/** @throws HypervisorError in libvirt's words: it is no disk. */
function refuseOthers(xml: string, what: 'attach' | 'detach' | 'update'): void {
  const name = rootName(xml);
  if (name === undefined || name === 'disk') return;
  throw new HypervisorError(`Operation not supported: live ${what} of device '${name}' is not supported`, {
    code: VIR_ERR_OPERATION_UNSUPPORTED,
    domain: VIR_FROM_QEMU,
  });
}
