import { libc } from './library.js';

/** Holds the id of a process started again with its descriptors reserved: its children inherit the mark, not the id. */
const MARK = 'SNAPCTL_DESCRIPTORS_RESERVED';

/** The descriptors libuv's signal pipe must not get in a forked child; see reexecWithReservedDescriptors. */
const FIRST = 3;
const LAST = 10;

const F_GETFD = 1;
const FD_CLOEXEC = 1;
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
 * Descriptors the caller passed on to us keep their meaning. Process id, controlling terminal and exit status stay.
 * To be called before anything else is open or running. Returns only where it has been done already.
 */
export function reexecWithReservedDescriptors(argv: readonly string[] = process.argv): void {
  if (process.env[MARK] === String(process.pid)) return;
  const library = libc();
  const fcntl = library.func('int fcntl(int fd, int command, ...)');
  const open = library.func('int open(const char *path, int flags)');
  const dup2 = library.func('int dup2(int from, int to)');
  const execv = library.func('int execv(const char *path, const char **argv)');

  process.env[MARK] = String(process.pid);
  const nothing: number = open('/dev/null', O_RDWR);
  for (let fd = FIRST; fd <= LAST; fd += 1) {
    const flags: number = fcntl(fd, F_GETFD);
    // Closed, or ours and gone after exec: free to take. dup2 makes it survive the exec.
    if (flags < 0 || (flags & FD_CLOEXEC) !== 0) dup2(nothing, fd);
  }
  const [, ...rest] = argv;
  execv(process.execPath, [process.execPath, ...process.execArgv, ...rest, null]);
  throw new Error(`cannot start ${process.execPath} again`);
}
