import { changeMedium } from '../../block/change-medium.js';
import { parseDisk } from '../../block/disk-xml.js';
import { attachDisk, detachDisk } from '../../block/hot-plug.js';
import { refusal } from '../../block/refusals.js';
import { parseRoot } from '../../block/xml-document.js';
import {
  VIR_DOMAIN_DEVICE_MODIFY_FORCE,
  VIR_ERR_INTERNAL_ERROR,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainDevices } from '../../hypervisor/domain-devices.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { attachDevice } from '../../plug/attach.js';
import { detachByAlias, detachDevice } from '../../plug/detach.js';
import { disksOf, findDisk } from '../../snapshot/guest-disks.js';
import type { BareDomain } from './bare-domain.js';
import { refuseConfig } from './cpus.js';
import { checkLive } from './disk-tuning.js';
import { inModel } from './errors.js';
import { isUp, setLink, updateInterface } from './interface-change.js';
import { noteLink } from './link-states.js';

type HotPlug = Pick<
  DomainDevices,
  | 'attachDevice'
  | 'attachDeviceFlags'
  | 'detachDevice'
  | 'detachDeviceFlags'
  | 'detachDeviceAlias'
  | 'updateDeviceFlags'
>;

/** Devices that come and go while a guest runs, and what is in its drives. */
export function hotPlug(domain: BareDomain): HotPlug {
  const attach = (xml: string, flags: number): Promise<void> =>
    inModel(async () => {
      checkLive(flags, 'virDomainAttachDeviceFlags');
      const guest = await domain.guest();
      const element = rootName(xml);
      if (element === 'disk') return attachDisk(guest, parseDisk(xml));
      const root = parseRoot(xml, element, 'device_definition');
      const id = await attachDevice(guest.qmp, root);
      // The name may be that of a card which is gone, and whose cable was pulled out.
      if (element === 'interface') await (isUp(root) ? noteLink(guest, id, true) : setLink(guest, id, false));
    });
  const detach = (xml: string, flags: number): Promise<void> =>
    inModel(async () => {
      checkLive(flags, 'virDomainDetachDeviceFlags');
      const guest = await domain.guest();
      const element = rootName(xml);
      if (element === 'disk') return detachDisk(guest, parseDisk(xml).target);
      await detachDevice(guest.qmp, parseRoot(xml, element, 'device_definition'));
    });
  return {
    attachDevice: (xml) => attach(xml, 0),
    attachDeviceFlags: (xml, flags = 0) => attach(xml, flags),
    detachDevice: (xml) => detach(xml, 0),
    detachDeviceFlags: (xml, flags = 0) => detach(xml, flags),
    detachDeviceAlias: (alias, flags = 0) =>
      inModel(async () => {
        refuseConfig(flags);
        const guest = await domain.guest();
        // The node of a disk's image goes with it.
        if (findDisk(await disksOf(guest), alias)?.target === alias) return detachDisk(guest, alias);
        if (await detachByAlias(guest.qmp, alias)) return;
        throw new HypervisorError(`internal error: no device found with alias ${alias}`, {
          code: VIR_ERR_INTERNAL_ERROR,
          domain: VIR_FROM_QEMU,
        });
      }),
    updateDeviceFlags: (xml, flags = 0) =>
      inModel(async () => {
        const force = (flags & VIR_DOMAIN_DEVICE_MODIFY_FORCE) !== 0;
        checkLive(flags & ~VIR_DOMAIN_DEVICE_MODIFY_FORCE, 'virDomainUpdateDeviceFlags');
        const element = rootName(xml);
        const guest = await domain.guest();
        if (element === 'interface') {
          await updateInterface(guest, parseRoot(xml, element, 'device_definition'));
          return;
        }
        if (element !== 'disk')
          throw refusal('configuration', `live update of device '${element}' is not supported`);
        const disk = parseDisk(xml);
        if (disk.device !== 'cdrom' && disk.device !== 'floppy')
          throw refusal('configuration', 'disk source can be changed only in removable drives');
        await changeMedium(guest, disk, force);
      }),
  };
}

/** The devices that libvirt has elements for. */
const elements: ReadonlySet<string> = new Set([
  ...['disk', 'lease', 'filesystem', 'interface', 'input', 'sound', 'video', 'hostdev', 'graphics', 'hub'],
  ...[
    'redirdev',
    'rng',
    'smartcard',
    'memballoon',
    'memory',
    'tpm',
    'shmem',
    'panic',
    'controller',
    'watchdog',
  ],
  ...['serial', 'parallel', 'console', 'channel', 'nvram', 'audio', 'iommu', 'vsock'],
]);

/** What is described. @throws HypervisorError in libvirt's words: it is nothing that a guest could have. */
function rootName(xml: string): string {
  const name = /^\s*(?:<\?[^>]*\?>\s*|<!--[\s\S]*?-->\s*)*<([\w-]+)/.exec(xml)?.[1];
  // What isn't XML at all is told by the parser.
  if (name === undefined || elements.has(name)) return name ?? 'disk';
  throw refusal('configuration', `unknown device type '${name}'`);
}
