import { readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseCharacterDevice } from './argv-host-paths.js';
import { lastOf, parseKeys } from './argv-keys.js';
import { type ArgvOption, parseArgv } from './argv-words.js';
import type { QemuProcess } from './guest.js';
import { processBehind } from './qemu-process.js';

/**
 * The monitor that stands for its QEMU, whichever it is reached by: the first QMP socket of the command line. A guest with
 * two monitors has one state then, and keeps it when the same command line is started again. It is the socket itself
 * where the command line can't be read or names none (a configuration file).
 * @param qemu the process behind the socket, where it is known.
 */
export async function firstMonitor(socket: string, qemu: QemuProcess | undefined): Promise<string> {
  if (!qemu) return socket;
  const own = await realSocket(socket);
  for (const path of await monitorsOf(qemu.pid)) {
    const real = await realSocket(path);
    if (real === own) return socket;
    // A later QEMU may have taken the path: then it stands for that one.
    const owner = await processBehind(real);
    if (owner?.pid === qemu.pid && owner.startTime === qemu.startTime) return real;
  }
  return socket;
}

/** A socket's path with its folder resolved: the socket itself may be gone. */
async function realSocket(path: string): Promise<string> {
  return join(await realpath(dirname(path)).catch(() => resolve(dirname(path))), basename(path));
}

async function monitorsOf(pid: number): Promise<string[]> {
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(1, -1);
    const cwd = await readlink(`/proc/${pid}/cwd`);
    return monitorPaths(parseArgv(words)).map((path) => resolve(cwd, path));
  } catch {
    // Not ours to look into, or it has ended.
    return [];
  }
}

/** Unix sockets that a command line has QMP monitors on, in its order, as they are written there. */
export function monitorPaths(options: readonly ArgvOption[]): string[] {
  const chardevs = new Map<string, string>();
  for (const { name, value = '' } of options) {
    if (name !== 'chardev') continue;
    const keys = parseKeys(value, 'backend');
    const [id, path] = [lastOf(keys, 'id'), lastOf(keys, 'path')];
    if (lastOf(keys, 'backend') === 'socket' && id !== undefined && path !== undefined)
      chardevs.set(id, path);
  }
  return options.flatMap(({ name, value = '' }) => {
    const path = monitorPath(name, value, chardevs);
    return path === undefined ? [] : [path];
  });
}

function monitorPath(name: string, value: string, chardevs: ReadonlyMap<string, string>): string | undefined {
  if (name === 'qmp' || name === 'qmp-pretty') {
    const { kind, rest } = parseCharacterDevice(value);
    if (kind === 'unix') return lastOf(parseKeys(rest, 'path'), 'path');
    return kind === 'chardev' ? chardevs.get(rest) : undefined;
  }
  if (name !== 'mon') return undefined;
  const keys = parseKeys(value, 'chardev');
  return lastOf(keys, 'mode') === 'control' ? chardevs.get(lastOf(keys, 'chardev') ?? '') : undefined;
}
