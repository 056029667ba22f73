import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the package qemu-guest-agent puts it. */
export const guestAgent = '/usr/sbin/qemu-ga';

/**
 * The libraries a program is linked with, the loader included.
 * @returns {Promise<string[]>} absolute paths as the loader looks for them
 */
export async function librariesOf(program) {
  const { stdout } = await run('ldd', [program], { env: { ...process.env, LC_ALL: 'C' } });
  if (stdout.includes('not found')) throw new Error(`${program} lacks libraries:\n${stdout}`);
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1]);
}

/**
 * Packs the guest's root file system. Not compressed: QEMU hands it over in one piece, and unpacking would be work for
 * an emulated processor.
 *
 * @param {{root: string, busybox: string, kernel: {folder: string, modules: string[]}, work: string, target: string}} parts root: folder
 *   with the guest's own files; busybox: a program without libraries; work: an empty folder to assemble in; target: the file to write
 */
export async function packInitramfs({ root, busybox, kernel, work, target }) {
  await cp(root, work, { recursive: true });
  for (const path of await readdir(work, { recursive: true, withFileTypes: true })) {
    if (path.isFile()) await chmod(join(path.parentPath ?? path.path, path.name), 0o755);
  }
  await copyInto(work, '/bin/busybox', busybox);
  await copyInto(work, guestAgent, guestAgent);
  // Each at the path that the loader of the host's distribution searches, links resolved.
  for (const library of await librariesOf(guestAgent)) await copyInto(work, library, await realpath(library));
  await mkdir(join(work, 'modules'));
  for (const name of [...kernel.modules.map((module) => `${module}.ko`), 'order']) {
    await copyFile(join(kernel.folder, 'modules', name), join(work, 'modules', name));
  }

  const names = (await readdir(work, { recursive: true })).sort();
  // Fixed owner and inode numbers, so that equal inputs give equal archives.
  const cpio = spawn('cpio', ['-o', '-H', 'newc', '--quiet', '--null', '--reproducible', '-R', '0:0'], {
    cwd: work,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  cpio.stdin.end(['.', ...names].map((name) => `${name}\0`).join(''));
  const [[status]] = await Promise.all([
    once(cpio, 'close'),
    pipeline(cpio.stdout, createWriteStream(target)),
  ]);
  if (status !== 0) throw new Error(`cpio ended with status ${status}`);
}

async function copyInto(folder, path, source) {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await copyFile(source, target);
  await chmod(target, 0o755);
}
