import { readdir, readFile, readlink } from 'node:fs/promises';
import { QmpError } from './errors.js';

/**
 * QEMU before 8.1 leaves a guest's memory write-protected when a background snapshot fails: its vCPUs hang at their next
 * write, though query-status says running, and the next `stop` hangs the monitor (fixed in 8.1). What follows
 * finds that state and undoes it from outside, through QEMU's own userfaultfd.
 */

interface MemoryRange {
  readonly start: bigint;
  readonly length: bigint;
}

/** Ranges of a process that are write-protected through a userfaultfd; empty for a healthy QEMU between snapshots. */
export async function writeProtectedRanges(pid: number): Promise<MemoryRange[]> {
  const ranges: MemoryRange[] = [];
  let range: MemoryRange | undefined;
  for (const line of (await readFile(`/proc/${pid}/smaps`, 'latin1')).split('\n')) {
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? [];
    if (start && end)
      range = { start: BigInt(`0x${start}`), length: BigInt(`0x${end}`) - BigInt(`0x${start}`) };
    // Documented in proc(5): "uw" is userfaultfd write-protect tracking.
    else if (range && /^VmFlags:.* uw\b/.test(line)) ranges.push(range);
  }
  return ranges;
}

const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;
/** _IOWR(0xAA, 0x06, struct uffdio_writeprotect) and _IOR(0xAA, 0x01, struct uffdio_range), linux/userfaultfd.h. */
const UFFDIO_WRITEPROTECT = 0xc018aa06n;
const UFFDIO_UNREGISTER = 0x8010aa01n;

/**
 * Takes the write protection off a QEMU's memory.
 * @returns how many ranges were freed.
 * @throws QmpError the kernel refuses (needs the privileges to trace QEMU) or has no pidfd_getfd (before 5.6).
 */
export async function releaseWriteProtection(pid: number): Promise<number> {
  const ranges = await writeProtectedRanges(pid);
  if (ranges.length === 0) return 0;
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  const syscall = libc.func('long syscall(long number, long first, long second, long third)');
  const ioctl = libc.func('int ioctl(int descriptor, unsigned long request, void *argument)');
  const close = libc.func('int close(int descriptor)');
  const fail = (what: string): never => {
    throw new QmpError(`${what} of process ${pid}: errno ${koffi.errno()}`);
  };

  const pidfd = Number(syscall(SYS_PIDFD_OPEN, pid, 0, 0));
  if (pidfd < 0) fail('pidfd_open');
  let freed = 0;
  try {
    for (const descriptor of await userfaultDescriptors(pid)) {
      const ours = Number(syscall(SYS_PIDFD_GETFD, pidfd, descriptor, 0));
      if (ours < 0) fail(`pidfd_getfd ${descriptor}`);
      try {
        for (const { start, length } of ranges) {
          const protect = Buffer.alloc(24);
          protect.writeBigUInt64LE(start, 0);
          protect.writeBigUInt64LE(length, 8);
          if (ioctl(ours, UFFDIO_WRITEPROTECT, protect) < 0) continue;
          ioctl(ours, UFFDIO_UNREGISTER, protect);
          freed += 1;
        }
      } finally {
        close(ours);
      }
    }
  } finally {
    close(pidfd);
  }
  if ((await writeProtectedRanges(pid)).length > 0) fail('UFFDIO_WRITEPROTECT');
  return freed;
}

async function userfaultDescriptors(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    if (target.includes('[userfaultfd]')) found.push(Number(descriptor));
  }
  return found;
}
