import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Where a run of many tests keeps guests that are up: under emulation a boot takes five seconds of a processor, and
 * loading what one has come to takes less than one. Without it every guest boots.
 */
const folder = process.env.SNAPCTL_TEST_WARM;

/** Options with which a guest is not what it was when it was kept, or can't be kept. */
const cold = ['images', 'user', 'serialLine', 'unready', 'fill', 'heartbeat', 'shells'];

/** More memory than that takes as long to load as to boot. */
const MOST_MEMORY = 512;

/** Whether a guest with these options may go on from where one like it has come to. */
export const maybeWarm = (options) =>
  folder !== undefined &&
  options.warm !== false &&
  !cold.some((name) => options[name]) &&
  (options.memory ?? 0) <= MOST_MEMORY &&
  // Disks of a test's own, or a start that is the test's business.
  !(options.args ?? []).some((word) => /^-(drive|blockdev|S|incoming|snapshot|fw_cfg|object)$/.test(word));

/**
 * What a guest of a command line has come to, once it was up: its memory and devices, and its disks.
 * @param {string} home folder of the guest's own
 * @param {() => Promise<import('./bare-guest.mjs').BareGuest>} boot starts one like it
 * @returns {Promise<{memory: string, disk: (index: number) => string}>} files, to be read or copied
 */
export async function warmState(program, words, home, boot) {
  const own = words.map((word) => word.replaceAll(home, '@').replaceAll(/\/tmp\/[^/,"]+/g, '@'));
  const key = createHash('sha256')
    .update(JSON.stringify([program.version, program.qemu, own]))
    .digest('hex')
    .slice(0, 16);
  const target = join(folder, key);
  if (!existsSync(target)) await keep(target, boot);
  return {
    memory: join(target, 'memory'),
    disk: (index) => join(target, `disk${index}.qcow2`),
  };
}

async function keep(target, boot) {
  const { QmpClient, passDescriptor } = await import('../../src/qmp/index.js');
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(dirname(target), '.new-'));
  const guest = await boot();
  try {
    const qmp = await QmpClient.connect(guest.monitor);
    const memory = openSync(join(work, 'memory'), 'w', 0o600);
    try {
      // Not stopped first: it would be stopped where it goes on, too.
      await qmp.execute('migrate-set-capabilities', {
        capabilities: [{ capability: 'events', state: true }],
      });
      await qmp.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 });
      await passDescriptor(qmp, 'warm', memory);
      const ended = qmp.once('MIGRATION', {
        timeout: 60_000,
        match: ({ data }) => ['completed', 'failed'].includes(data.status),
      });
      await qmp.execute('migrate', { uri: 'fd:warm' });
      const { data } = await ended;
      if (data.status !== 'completed') throw new Error('a guest that is up could not be kept');
    } finally {
      closeSync(memory);
      await qmp.disconnect();
    }
    for (const disk of guest.disks) copyFileSync(disk, join(work, basename(disk)));
  } finally {
    await guest.dispose();
  }
  try {
    renameSync(work, target);
  } catch (error) {
    // Another worker may have been quicker.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    rmSync(work, { recursive: true });
  }
}
