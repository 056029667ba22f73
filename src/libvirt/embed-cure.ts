import { readdirSync, readlinkSync } from 'node:fs';
import { libc } from './library.js';

/** Holds the id of a process started again with its descriptors reserved: its children inherit the mark, not the id. */
const MARK = 'SNAPCTL_DESCRIPTORS_RESERVED';

/** The descriptors libuv's signal pipe must not get in a forked child; see reexecWithReservedDescriptors. */
const FIRST = 3;
const LAST = 10;

const F_SETFD = 2;
const O_RDWR = 2;

/** True for the URIs that run a hypervisor driver inside this process, of which QEMU's forks. */
export function needsReservedDescriptors(uri: string | undefined): boolean {
  return /^qemu:\/\/\/embed(\?|$)/.test(uri ?? '') && process.env[MARK] !== String(process.pid);
}

/**
 * Replaces this process by the same one with descriptors 3 to 10 taken. libuv gives every forked child a new signal
 * pipe, with the lowest free numbers. libvirt forks twice to start a guest and closes everything in between, so its
 * own pipe to the second child gets numbers that libuv then closes, and the start fails with "Unable to notify
 * child process: Bad file descriptor". With the low numbers taken, the signal pipe's are out of the way.
 *
 * Descriptors we were started with stay as they are, and so do process id, terminal and exit status.
 * To be called before anything else is open or running. Returns only where it has been done already, or where all of
 * them are taken by what we were started with: `3<>/dev/null … 10<>/dev/null` saves the second start.
 */
export function reexecWithReservedDescriptors(argv: readonly string[] = process.argv): void {
  if (process.env[MARK] === String(process.pid)) return;
  const kept = new Set(inheritedDescriptors());
  if (isReserved(kept)) {
    process.env[MARK] = String(process.pid);
    return;
  }
  const library = libc();
  const fcntl = library.func('int fcntl(int fd, int command, ...)');
  const open = library.func('int open(const char *path, int flags)');
  const dup2 = library.func('int dup2(int from, int to)');
  const execv = library.func('int execv(const char *path, const char **argv)');

  process.env[MARK] = String(process.pid);
  for (const fd of kept) fcntl(fd, F_SETFD, 'int', 0);
  const nothing: number = open('/dev/null', O_RDWR);
  kept.add(nothing);
  // dup2 replaces what is Node's own there, which the exec would close anyway.
  for (let fd = FIRST; fd <= LAST; fd += 1) if (!kept.has(fd)) dup2(nothing, fd);
  const [, ...rest] = argv;
  execv(process.execPath, [process.execPath, ...process.execArgv, ...rest, null]);
  throw new Error(`cannot start ${process.execPath} again`);
}

function isReserved(taken: ReadonlySet<number>): boolean {
  for (let fd = FIRST; fd <= LAST; fd += 1) if (!taken.has(fd)) return false;
  return true;
}

/**
 * The descriptors this process was started with: all but Node's own, which are event queues and pipes to itself.
 * Node marks every one close-on-exec when it starts, so the mark doesn't tell them apart.
 */
function inheritedDescriptors(): number[] {
  const targets = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      targets.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The descriptor of the listing itself, closed by now.
    }
  }
  const all = [...targets.values()];
  const isNodes = (fd: number, target: string) =>
    fd >= FIRST &&
    (target.startsWith('anon_inode:') ||
      (target.startsWith('pipe:') && all.filter((each) => each === target).length > 1));
  return [...targets].filter(([fd, target]) => !isNodes(fd, target)).map(([fd]) => fd);
}
