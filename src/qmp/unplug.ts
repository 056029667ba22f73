import type { QmpClient } from './client.js';
import { TimeoutError } from './errors.js';

/** What became of a device that a guest was asked to let go of; `late` is one that it may still let go of. */
export type Unplugged = 'gone' | 'rejected' | 'late';

/** How long a guest is given to let go of a device; it may be busy, or never have heard of such a thing. */
export const UNPLUG_MS = 20_000;

/**
 * Has the guest let go of a device.
 * @param device its id, or its path in QEMU's tree of objects
 * @throws CommandFailure
 */
export async function unplug(
  qmp: QmpClient,
  device: string,
  { timeout = UNPLUG_MS }: { timeout?: number } = {},
): Promise<Unplugged> {
  const id = /^\/machine\/peripheral\/([^/]+)$/.exec(device)?.[1] ?? device;
  const news = qmp.listen({
    events: ['DEVICE_DELETED', 'DEVICE_UNPLUG_GUEST_ERROR'],
    match: ({ data }) => data.device === id || data.path === device,
  });
  try {
    await qmp.execute('device_del', { id });
    const told = await news.next({ timeout });
    return told?.event === 'DEVICE_UNPLUG_GUEST_ERROR' ? 'rejected' : 'gone';
  } catch (error) {
    if (!(error instanceof TimeoutError) || error.command !== undefined) throw error;
    return 'late';
  } finally {
    news.close();
  }
}
