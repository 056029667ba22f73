#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchBusybox } from './busybox.mjs';
import { makeDataDisk } from './data-disk.mjs';
import { guestAgent, librariesOf, packInitramfs } from './initramfs.mjs';
import { fetchKernel } from './kernel.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, 'root');

/** How long a guest that nobody asks for any more stays in the cache. */
const keepMilliseconds = 7 * 24 * 3600 * 1000;

/** @returns {string} $XDG_CACHE_HOME/snapctl/guest, by default ~/.cache/snapctl/guest */
export function defaultCache() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'snapctl', 'guest');
}

/**
 * Builds the tiny guest, or finds it in the cache. What it is made of (the kernel, busybox, the host's guest agent
 * with its libraries, the files here) is the key, so a change of any of them builds anew; a build appears in the cache
 * complete or not at all, and two processes may build at once.
 *
 * @param {{cache?: string, say?: (line: string) => void}} [options] say: told what is being downloaded or built
 * @returns {Promise<{kernel: string, initrd: string, dataDisk: string}>} absolute paths of files to be read, never
 *   written: the kernel image, the initramfs, and a qcow2 image with an empty ext4 file system, to be copied or backed on
 * @throws {import('./debian-package.mjs').PackageUnavailable} when apt's lists lack the kernel
 * @throws {Error} naming a program that is missing
 */
export async function buildGuest({ cache = defaultCache(), say = () => {} } = {}) {
  if (process.arch !== 'x64')
    throw new Error(`the tiny guest is built for x86-64 only, not for ${process.arch}`);
  const kernel = await fetchKernel(join(cache, 'kernel'), say);
  const busybox = await fetchBusybox(join(cache, 'busybox'), say);
  const folder = join(cache, `guest-${await keyOf(kernel, busybox)}`);
  const guest = {
    kernel: kernel.image,
    initrd: join(folder, 'initrd'),
    dataDisk: join(folder, 'data.qcow2'),
  };
  if (await exists(folder)) {
    const now = new Date();
    await utimes(folder, now, now).catch(() => {});
    return guest;
  }

  say('building the initramfs and the data disk');
  const work = await mkdtemp(join(cache, '.new-'));
  try {
    const result = join(work, 'result');
    await mkdir(result);
    await packInitramfs({ root, busybox, kernel, work: join(work, 'tree'), target: join(result, 'initrd') });
    await makeDataDisk(join(result, 'data.qcow2'));
    await rename(result, folder).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  await dropOld(cache, folder);
  return guest;
}

async function keyOf(kernel, busybox) {
  const hash = createHash('sha256');
  hash.update(kernel.folder);
  const own = (await readdir(here, { recursive: true })).filter((name) => !name.endsWith('.md')).sort();
  const libraries = await Promise.all((await librariesOf(guestAgent)).map((library) => realpath(library)));
  for (const file of [...own.map((name) => join(here, name)), busybox, guestAgent, ...libraries]) {
    if ((await stat(file)).isDirectory()) continue;
    hash.update(`\0${file}\0`);
    hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function dropOld(cache, current) {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    if (path === current || !/^(guest-|\.new-)/.test(name)) continue;
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > keepMilliseconds) await rm(path, { recursive: true, force: true });
  }
}

const exists = (path) =>
  stat(path).then(
    () => true,
    () => false,
  );

if (process.argv[1] !== undefined && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  const started = performance.now();
  try {
    const guest = await buildGuest({ say: (line) => console.error(line) });
    console.log(JSON.stringify(guest, null, 2));
    console.error(`${((performance.now() - started) / 1000).toFixed(2)} s`);
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
