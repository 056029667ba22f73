import type { QmpClient } from '../qmp/index.js';

/**
 * Devices of other processes or of the host's hardware, which write to the guest's memory past the page tables that write
 * protection works on: what they write while memory is being saved would be in the image or not, by chance.
 */
const DEVICE = /^child<((?:vhost-user|vhost-vdpa|vfio)-[^>]*)>$/;

/** The first device of the guest that background-snapshot does not see through; plugged in later or not. */
export async function unprotectedDevice(qmp: QmpClient): Promise<string | undefined> {
  for (const path of ['/machine/peripheral', '/machine/peripheral-anon']) {
    for (const { type } of await qmp.execute('qom-list', { path })) {
      const device = DEVICE.exec(type)?.[1];
      if (device !== undefined) return device;
    }
  }
  // Network back ends are no objects; only the human monitor lists them: "hub0: index=0,type=vhost-user,…".
  const networks = await qmp.execute('human-monitor-command', { 'command-line': 'info network' });
  return /\btype=(vhost-(?:user|vdpa))\b/.exec(networks)?.[1];
}
