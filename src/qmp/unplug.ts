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
    for (let left = timeout; left > 0; left -= LOOK_MS) {
      const told = await news.next({ timeout: Math.min(left, LOOK_MS) }).catch(late);
      if (told) return told.event === 'DEVICE_UNPLUG_GUEST_ERROR' ? 'rejected' : 'gone';
      if (!(await isThere(qmp, device))) return 'gone';
    }
    return 'late';
  } finally {
    news.close();
  }
}

/** QEMU tells of a device's end only once nothing refers to it any more, which for qemu-xhci never comes (7.2). */
const LOOK_MS = 500;

function late(error: unknown): undefined {
  if (!(error instanceof TimeoutError)) throw error;
}

async function isThere(qmp: QmpClient, device: string): Promise<boolean> {
  const [, folder = '/machine/peripheral', name = device] = /^(\/.*)\/([^/]+)$/.exec(device) ?? [];
  return (await qmp.execute('qom-list', { path: folder })).some((child) => child.name === name);
}
