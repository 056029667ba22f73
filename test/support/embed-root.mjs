import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCapabilities, lendCapabilities } from './capability-cache.mjs';

/*
 * A private root folder for libvirt's embedded QEMU driver (qemu:///embed?root=FOLDER): every bit of its state, its
 * guests' sockets and pid files are below it. Guests outlive the process that started them, so whoever makes a root
 * must destroy it; a root whose maker was killed is found and destroyed by the next one (sweepAbandonedRoots).
 *
 * Everything here is synchronous on purpose: it has to work in an 'exit' handler too.
 */

const prefix = 'snapctl-embed-';

/**
 * @returns {string} a new root below the system's temporary folder, with libvirt's settings for this user in it. The
 *   path is short because libvirt makes socket names of it, and those end at 108 bytes.
 */
export function createEmbedRoot() {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  mkdirSync(join(folder, 'etc'));
  // libvirt would by default run QEMU as its own system user. With that user and a /dev/kvm it may not open, libvirt
  // throws its cache of QEMU's capabilities away and probes anew, for seconds, each time the root is opened.
  const settings = process.getuid?.() === 0 ? ['user = "root"', 'group = "root"'] : [];
  settings.push('security_driver = "none"', 'remember_owner = 0', 'cgroup_controllers = [ ]');
  // Output of QEMU goes to a file, not to a virtlogd that would have to be started.
  settings.push('stdio_handler = "file"');
  writeFileSync(join(folder, 'etc', 'qemu.conf'), `${settings.join('\n')}\n`);
  writeFileSync(join(folder, 'owner'), `${process.pid} ${startOf(process.pid)}\n`);
  lendCapabilities(folder);
  return folder;
}

/** @returns {string} the connection URI of a root */
export const embedUri = (folder) => `qemu:///embed?root=${folder}`;

/**
 * The QEMU processes that belong to a root.
 * @returns {number[]} process ids: only of processes whose command line names the root, a recycled id never
 */
export function guestProcesses(folder) {
  const run = join(folder, 'run', 'qemu');
  return list(run)
    .filter((name) => name.endsWith('.pid'))
    .map((name) => Number(read(join(run, name))))
    .filter((pid) => pid > 1 && read(`/proc/${pid}/cmdline`).includes(folder));
}

/** Ends every guest of a root and removes the root. Calling it again does nothing. */
export function destroyEmbedRoot(folder) {
  for (const pid of guestProcesses(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue;
    }
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; waited < 5000 && isRunning(pid); waited += 10) Atomics.wait(pause, 0, 0, 10);
  }
  keepCapabilities(folder);
  unmountBelow(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** A test that was killed may have left a small file system mounted, on which it played a full disk. */
function unmountBelow(folder) {
  for (const line of read('/proc/mounts').split('\n')) {
    const [, place] = line.split(' ');
    if (place?.startsWith(`${folder}/`)) spawnSync('umount', ['--lazy', place]);
  }
}

/**
 * Destroys the roots that this user's killed processes left behind.
 * @returns {string[]} the folders that were removed
 */
export function sweepAbandonedRoots() {
  const removed = [];
  for (const name of list(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    const [pid, start] = read(join(folder, 'owner')).trim().split(' ');
    // No owner: it is being made this moment, or is somebody else's and not for us to read.
    if (!pid || startOf(pid) === start) continue;
    destroyEmbedRoot(folder);
    removed.push(folder);
  }
  return removed;
}

/** A process's start in clock ticks since boot (field 22 of proc(5)'s stat): with the id, its identity. */
function startOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** A killed process is done with its files once it is gone or a zombie that nobody has waited for yet. */
function isRunning(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
