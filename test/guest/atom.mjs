import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const source = fileURLToPath(new URL('atom.c', import.meta.url));

/**
 * The tiny guest's initramfs with the program that checks memory against disks (atom.c), which the guest starts where
 * it finds it. Compiled for this: gcc and the static C library are needed. Kept beside the initramfs.
 * @param {string} initrd of buildGuest()
 * @returns {Promise<string>} path of the other initramfs
 */
export async function withAtom(initrd) {
  const key = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
    .slice(0, 16);
  const target = join(dirname(initrd), `initrd-atom-${key}`);
  if (await exists(target)) return target;
  const work = await mkdtemp(join(dirname(initrd), '.atom-'));
  try {
    await mkdir(join(work, 'tree/bin'), { recursive: true });
    const program = join(work, 'tree/bin/atom');
    await promisify(execFile)('gcc', [
      '-O2',
      '-Wall',
      '-Wextra',
      '-Werror',
      '-static',
      '-o',
      program,
      source,
    ]);
    // The kernel unpacks archives that follow one another as if they were one.
    const combined = createWriteStream(join(work, 'initrd'));
    await pipeline(createReadStream(initrd), combined, { end: false });
    const cpio = spawn('cpio', ['-o', '-H', 'newc', '--quiet', '--null', '-R', '0:0'], {
      cwd: join(work, 'tree'),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    cpio.stdin.end('bin\0bin/atom\0');
    const [[status]] = await Promise.all([once(cpio, 'close'), pipeline(cpio.stdout, combined)]);
    if (status !== 0) throw new Error(`cpio ended with status ${status}`);
    await rename(join(work, 'initrd'), target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return target;
}

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
