import { execFile } from 'node:child_process';
import { truncate, unlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
// A plain user's PATH lacks the folder that mke2fs is in.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' };

/** Bytes the guest sees: enough for a journal and for tests to fill, little enough to copy for every test. */
const size = 64 << 20;

/**
 * Makes a qcow2 image (internal snapshots need that format) with one empty ext4 file system and no partitions.
 * @param {string} target the file to write
 */
export async function makeDataDisk(target) {
  const raw = `${target}.raw`;
  await writeFile(raw, '');
  await truncate(raw, size);
  // Nothing is left to be initialised later: the kernel's thread for it would dirty the disk while tests look at it.
  const extended = 'lazy_itable_init=0,lazy_journal_init=0,nodiscard';
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-m', '0', '-L', 'data', '-E', extended, raw], { env });
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, target], { env });
  await unlink(raw);
}
