import { CommandFailure, TimeoutError } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { realFile } from '../snapshot/real-file.js';
import { closeUnused, deleteNode } from './close-images.js';
import { findChain, lookUpDisk } from './disk-chain.js';
import { imageNode } from './disk-node.js';
import type { DescribedDisk } from './disk-xml.js';
import { hotNode } from './hot-plug.js';
import { refusal } from './refusals.js';

/** How long a guest that has locked its drive is given to open it. */
const TRAY_MS = 10_000;

/**
 * Puts another medium into a drive, or none.
 * @param force open it even if the guest has locked it.
 * @throws HypervisorError in libvirt's words; CommandFailure: a new medium can't be opened, and nothing has changed.
 */
export async function changeMedium(guest: Guest, disk: DescribedDisk, force: boolean): Promise<void> {
  const { qmp } = guest;
  const drive = await lookUpDisk(guest, disk.target);
  if (!drive.removable)
    throw refusal(
      'configuration',
      `disk '${drive.target}' is not removable: only its medium could be changed`,
    );
  if (drive.medium?.busy)
    throw refusal('now', "can't change media while a block job is running on the device");
  const id = drive.qdev ?? drive.target;
  const old = drive.medium ? (await findChain(guest, drive.target)).images.map(({ file }) => file) : [];
  let node: string | undefined;
  if (disk.file !== undefined) {
    node = hotNode();
    const file = await realFile(disk.file);
    await closeUnused(guest, [file]);
    await qmp.execute('blockdev-add', imageNode({ ...disk, file, readonly: true }, node));
  }
  try {
    await openTray(guest, id, drive.target, force);
    if (drive.medium) await qmp.execute('blockdev-remove-medium', { id });
    if (node !== undefined) await qmp.execute('blockdev-insert-medium', { id, 'node-name': node });
  } catch (error) {
    if (node !== undefined) await deleteNode(guest, node);
    throw error;
  }
  if (node !== undefined) await qmp.execute('blockdev-close-tray', { id });
  await closeUnused(guest, old);
}

async function openTray({ qmp }: Guest, id: string, target: string, force: boolean): Promise<void> {
  const device = (await qmp.execute('query-block')).find(({ qdev }) => qdev === id);
  // Drives without a tray, such as floppy drives, tell of none.
  if (device?.tray_open !== false) return;
  const moved = qmp.listen({
    events: ['DEVICE_TRAY_MOVED'],
    match: ({ data }) => data['tray-open'] === true,
  });
  try {
    await qmp.execute('blockdev-open-tray', { id, force });
  } catch (error) {
    // The guest has been asked, then.
    if (!(error instanceof CommandFailure) || !/is locked/.test(error.description)) throw error;
    await moved.next({ timeout: TRAY_MS }).catch((failure: unknown) => {
      if (!(failure instanceof TimeoutError)) throw failure;
      throw refusal(
        'failed',
        `disk '${target}' is locked by the guest, which does not open it (--force does)`,
      );
    });
  } finally {
    moved.close();
  }
}
