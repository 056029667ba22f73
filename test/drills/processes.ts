import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Processes whose command line names a folder, but for the given ones. @returns pid and command line of each */
export function processesNaming(folder: string, except: readonly number[] = []): string[] {
  const found: string[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || except.includes(pid)) continue;
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      if (line.includes(folder)) found.push(`${pid} ${line.slice(0, 300)}`);
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** QEMUs whose command line names a folder. */
export const qemusNaming = (folder: string): number[] =>
  processesNaming(folder)
    .filter((line) => /^\d+ \S*qemu-system/.test(line))
    .map((line) => Number.parseInt(line, 10));

/** Kills a process that is nobody's child here, and waits until it has gone. */
export async function endProcess(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  while (existsSync(`/proc/${pid}/fd/0`)) await delay(10);
}
