import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import { statFields } from './process-stat.js';

/** Of the other threads: a tenth of a processor's time where somebody else wants it, too. */
const THREADS_NICE = 10;
/** Of this process among all others, where Linux shares processors out by session (CONFIG_SCHED_AUTOGROUP). */
const SESSION_NICE = 5;

/**
 * Makes room for a guest, and for its QEMU, which a thread that compresses keeps from a processor for 15 ms at a time: all
 * threads but the calling one are slower from now on, and those that they start. For good: only root could take it back. Does what
 * it may, and no harm where it may not.
 */
export function yieldToGuest(): void {
  attempt(() => {
    const self = basename(readlinkSync('/proc/thread-self'));
    for (const thread of readdirSync('/proc/self/task'))
      if (thread !== self) attempt(() => setPriority(Number(thread), THREADS_NICE));
  });
  // The session must not be the user's.
  attempt(() => {
    if (leadsItsSession()) writeFileSync('/proc/self/autogroup', String(SESSION_NICE));
  });
}

function leadsItsSession(): boolean {
  // State, parent, process group, session.
  const session = statFields(readFileSync('/proc/self/stat', 'latin1'))[3];
  return Number(session) === process.pid;
}

function attempt(what: () => void): void {
  try {
    what();
  } catch {
    // A thread that is gone, a limit, a kernel without it.
  }
}
