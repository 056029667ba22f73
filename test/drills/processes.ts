import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose command line names a folder, but for the given ones. @returns pid and command line of each */
export function processesNaming(folder: string, except: readonly number[]): string[] {
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
