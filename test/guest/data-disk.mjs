import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
// A plain user's PATH lacks the folder that mke2fs is in.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' };

/** Flags of an ext4 inode: EXT4_EXTENTS_FL, EXT4_SYNC_FL. */
const hasExtents = 0x80000;
const synchronous = 0x8;

/** Bytes the guest sees: enough for a journal and for tests to fill, little enough to copy for every test. */
const size = 64 << 20;

/**
 * Makes a qcow2 image (internal snapshots need that format) with an ext4 file system and no partitions. In it is the
 * guest's counter, marked as a file whose every write goes to the disk at once (chattr +S): the guest would otherwise have to
 * start a process for each number, which costs an emulated CPU more than all the rest it does.
 * @param {string} target the file to write
 */
export async function makeDataDisk(target) {
  const work = await mkdtemp(`${target}.`);
  const raw = join(work, 'raw');
  await writeFile(raw, '');
  await truncate(raw, size);
  await mkdir(join(work, 'files'));
  await writeFile(join(work, 'files', 'counter'), `${'0'.padEnd(511)}\n`);
  // Nothing is left to be initialised later: the kernel's thread for it would dirty the disk while tests look at it.
  const extended = 'lazy_itable_init=0,lazy_journal_init=0,nodiscard';
  await run(
    'mke2fs',
    ['-q', '-F', '-t', 'ext4', '-m', '0', '-L', 'data', '-E', extended, '-d', join(work, 'files'), raw],
    { env },
  );
  await run('debugfs', ['-w', '-R', `set_inode_field counter flags ${hasExtents | synchronous}`, raw], {
    env,
  });
  await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, target], { env });
  await rm(work, { recursive: true });
}
