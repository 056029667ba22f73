import { setTimeout as delay } from 'node:timers/promises';
import type { JournalMemory } from './journal.js';
import { isAlive } from './process-identity.js';

/** A sink that was stopped for a while, or that syncs gigabytes to a slow disk, gets this long. */
const END_DEADLINE_MS = 120_000;

/**
 * Waits until the process that receives the memory stream has ended, so that its report is there and its files can
 * be removed for good. To be called when no stream is under way any more: one that nobody has connected to is told to go,
 * and one that doesn't end is killed, which harms nobody then.
 */
export async function endSink({ sink }: JournalMemory): Promise<void> {
  if (!sink) return;
  const deadline = performance.now() + END_DEADLINE_MS;
  for (let told = false; await isAlive(sink); told = true) {
    if (!told) signal(sink.pid, 'SIGTERM');
    if (performance.now() > deadline) signal(sink.pid, 'SIGKILL');
    await delay(20);
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended in this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
