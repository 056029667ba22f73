import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const sourceOf = (name) => fileURLToPath(new URL(`${name}.c`, import.meta.url));

/**
 * The tiny guest's initramfs with programs that are written in C (NAME.c), each of which the guest starts where it finds
 * it. Compiled for this: gcc and the static C library are needed. Kept beside the initramfs.
 * @param {string} initrd of buildGuest()
 * @param {readonly string[]} names `atom` checks memory against disks, `fill` fills memory, `heartbeat` shows
 *   when the guest runs
 * @returns {Promise<string>} path of the other initramfs; the same one if there is nothing to add
 */
export async function withPrograms(initrd, names) {
  if (names.length === 0) return initrd;
  const hash = createHash('sha256');
  for (const name of names) hash.update(await readFile(sourceOf(name)));
  const key = hash.digest('hex').slice(0, 16);
  const target = join(dirname(initrd), `initrd-${names.join('-')}-${key}`);
  if (await exists(target)) return target;
  const work = await mkdtemp(join(dirname(initrd), '.compiled-'));
  try {
    await mkdir(join(work, 'tree/bin'), { recursive: true });
    for (const name of names) {
      const program = join(work, 'tree/bin', name);
      const words = ['-O2', '-Wall', '-Wextra', '-Werror', '-static', '-o', program, sourceOf(name)];
      await run('gcc', words);
    }
    // The kernel unpacks archives that follow one another as if they were one.
    const combined = createWriteStream(join(work, 'initrd'));
    await pipeline(createReadStream(initrd), combined, { end: false });
    const cpio = spawn('cpio', ['-o', '-H', 'newc', '--quiet', '--null', '-R', '0:0'], {
      cwd: join(work, 'tree'),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    cpio.stdin.end(['bin', ...names.map((name) => `bin/${name}`)].map((path) => `${path}\0`).join(''));
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
