import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { QemuProcess } from './guest.js';
import { identifyProcess } from './process-identity.js';
import { statFields } from './process-stat.js';

/**
 * The process that listens on a unix socket: its inode from /proc/net/unix, then whoever has that inode open. Of several,
 * the one that was started last: QEMU takes the path of a socket that is there already for its own.
 * @returns undefined if it can't be told: no permission, another network or process namespace.
 */
export async function processBehind(socket: string): Promise<QemuProcess | undefined> {
  const path = await realpath(socket).catch(() => socket);
  const listening = await listeningInodes(new Set([socket, path]));
  if (listening.size === 0) return undefined;
  let found: QemuProcess | undefined;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || !(await listensThere(entry, listening, path))) continue;
    const process = await describeProcess(Number(entry));
    if (process && !(found && BigInt(found.startTime) > BigInt(process.startTime))) found = process;
    // Nobody else can have the one inode, short of those that inherited it.
    if (found && listening.size === 1) return found;
  }
  return found;
}

/** Inodes of listening sockets, with the path they were bound to: one of those, or a relative one that may mean them. */
async function listeningInodes(paths: ReadonlySet<string>): Promise<Map<string, string>> {
  const table = await readFile('/proc/net/unix', 'utf8').catch(() => '');
  const names = new Set([...paths].map((path) => basename(path)));
  const inodes = new Map<string, string>();
  for (const line of table.split('\n').slice(1)) {
    // Num RefCount Protocol Flags Type St Inode Path; flag 00010000 is SO_ACCEPTCON.
    const [, flags, inode, path] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.*)$/.exec(line) ?? [];
    if (flags !== '00010000' || !inode || !path || path.startsWith('@')) continue;
    if (paths.has(path) || (!path.startsWith('/') && names.has(basename(path)))) inodes.set(inode, path);
  }
  return inodes;
}

/** Whether a process has one of the sockets open, bound to that path, which may be relative to its working directory. */
async function listensThere(
  pid: string,
  listening: ReadonlyMap<string, string>,
  path: string,
): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    const bound = listening.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
    if (bound === undefined) continue;
    if (bound.startsWith('/')) return true;
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '/');
    if ((await realpath(join(folder, bound)).catch(() => '')) === path) return true;
  }
  return false;
}

/** What is known of a process; undefined if it has gone. */
export async function describeProcess(pid: number): Promise<QemuProcess | undefined> {
  const identity = await identifyProcess(pid);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  if (!identity || !status) return undefined;
  // Real, effective, saved, file system: files are opened as the last.
  const last = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+\\d+\\s+\\d+\\s+\\d+\\s+(\\d+)`, 'm').exec(status)?.[1] ?? -1);
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  return { ...identity, uid: last('Uid'), gid: last('Gid'), resident };
}

/** What a process or one of its threads has used of the host's CPUs. */
export interface CpuUse {
  /** Nanoseconds in its own code, and in the kernel for it. */
  readonly user: bigint;
  readonly system: bigint;
  /** Number of the CPU it ran on last. */
  readonly cpu: number;
}

/** @param thread its id; undefined for the whole process. @throws SystemError it is gone. */
export async function cpuUse(pid: number, thread?: number): Promise<CpuUse> {
  const stat = await readFile(`/proc/${pid}/${thread === undefined ? '' : `task/${thread}/`}stat`, 'latin1');
  const fields = statFields(stat);
  // Fields 14, 15 and 39 of proc(5); Linux has 100 ticks a second in this file on every architecture.
  const ticks = (field: number): bigint => BigInt(fields[field] ?? 0) * 10_000_000n;
  return { user: ticks(11), system: ticks(12), cpu: Number(fields[36] ?? 0) };
}
