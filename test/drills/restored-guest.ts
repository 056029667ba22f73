import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { QmpClient } from '../../src/qmp/index.js';
import { BareGuest, type BareGuestOptions, type QemuProgram } from '../support/qemu.js';
import { qemuImg } from './qemu-img.js';

export interface Saved {
  /** Memory image: a migration stream. */
  readonly memory: string;
  /** The disks' images of that instant; they are only read. */
  readonly disks: readonly string[];
}

/**
 * A second QEMU that goes on from a saved instant, on overlays of its own.
 * @param options those that the saved guest was started with.
 */
export async function withRestored<T>(
  program: QemuProgram,
  saved: Saved,
  options: BareGuestOptions,
  use: (guest: BareGuest) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'restored-'));
  let guest: BareGuest | undefined;
  try {
    const images = saved.disks.map((disk, index) => {
      const image = join(folder, `disk${index}`);
      // The saved guest may still run on top of the same image, and holds its lock.
      qemuImg(program, 'create', '-q', '-u', '-f', 'qcow2', '-b', disk, '-F', 'qcow2', image, '64M');
      return image;
    });
    guest = await BareGuest.start({
      ...options,
      program,
      images,
      unready: true,
      args: [...(options.args ?? []), '-incoming', 'defer'],
    });
    await feed(guest, saved.memory, join(folder, 'in'));
    return await use(guest);
  } finally {
    await guest?.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Has QEMU load memory from a file, and lets it run. */
async function feed(guest: BareGuest, memory: string, path: string): Promise<void> {
  const qmp = await QmpClient.connect(guest.monitor);
  try {
    await qmp.execute('migrate-incoming', { uri: `unix:${path}` });
    // QEMU closes its end when it has what it wants: a stream may end with something it doesn't read.
    await pipeline(createReadStream(memory, { highWaterMark: 1 << 20 }), connect(path)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
      },
    );
    for (;;) {
      const { status, 'error-desc': why } = await qmp.execute('query-migrate');
      if (status === 'completed') break;
      if (status === 'failed') throw new Error(`the memory image cannot be loaded: ${why ?? ''}`);
      await delay(20);
    }
    if (!(await qmp.execute('query-status')).running) await qmp.execute('cont');
  } finally {
    await qmp.disconnect();
  }
}
