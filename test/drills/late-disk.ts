import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { QmpClient } from '../../src/qmp/index.js';
import { settledRunState } from '../../src/snapshot/run-state.js';
import type { BareGuest } from '../support/qemu.js';
import type { Saved } from './restored-guest.js';

/**
 * A snapshot as it must not be: memory and the first disk of one instant, and the second disk switched only when the
 * guest runs again and has written to it (test/guest/atom.c).
 */
export async function takeWithLateDisk(guest: BareGuest): Promise<Saved> {
  const memory = join(guest.folder, 'late.mem');
  const overlays = guest.disks.map((_, index) => join(guest.folder, `late-${index}`));
  const qmp = await QmpClient.connect(guest.monitor);
  const socket = join(guest.folder, 'late.sink');
  const written = new Promise<void>((resolve, reject) => {
    const server = createServer((connection) => {
      server.close();
      pipeline(connection, createWriteStream(memory)).then(resolve, reject);
    });
    server.listen(socket);
  });
  const switchDisk = (index: number) =>
    qmp.execute('blockdev-snapshot-sync', {
      'node-name': `disk${index}`,
      'snapshot-file': overlays[index] as string,
      format: 'qcow2',
      'snapshot-node-name': `late${index}`,
    });
  try {
    await qmp.execute('stop');
    await qmp.execute('migrate', { uri: `unix:${socket}` });
    for (;;) {
      const { status } = await qmp.execute('query-migrate');
      if (status === 'completed') break;
      if (status === 'failed') throw new Error('the migration failed');
      await delay(20);
    }
    await settledRunState(qmp);
    await written;
    await switchDisk(0);
    const from = guest.serial.end();
    await qmp.execute('cont');
    // Twice: the first may be of a number that was written before and not said yet.
    await guest.serial.waitFor(/^atom \d+$/, { from });
    await guest.serial.waitFor(/^atom \d+$/, { from: guest.serial.end() });
    await switchDisk(1);
  } finally {
    await qmp.disconnect();
  }
  return { memory, disks: guest.disks };
}
