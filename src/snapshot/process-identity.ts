import { readFile } from 'node:fs/promises';
import { statFields } from './process-stat.js';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTime: string;
}

/** @returns undefined if there is no such process. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const fields = statFields(stat);
    const [state, startTime] = [fields[0], fields[19]];
    return startTime === undefined || state === 'Z' || state === 'X' ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

/** @throws Error /proc can't be read. */
export async function identifyOurselves(): Promise<ProcessIdentity> {
  const own = await identifyProcess(process.pid);
  if (!own) throw new Error('cannot read /proc');
  return own;
}

/** The identity alone, of something that tells more of a process, as it is written down. */
export const identityOf = (process: ProcessIdentity | undefined): ProcessIdentity | null =>
  process ? { pid: process.pid, startTime: process.startTime } : null;

/** Whether both are known, and one process. */
export const isSameProcess = (one: ProcessIdentity | undefined, other: ProcessIdentity): boolean =>
  one?.pid === other.pid && one.startTime === other.startTime;

export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(process.pid))?.startTime === process.startTime;
}
