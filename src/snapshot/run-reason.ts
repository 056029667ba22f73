import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, writeDurably } from './durable-file.js';
import type { ProcessIdentity } from './process-identity.js';

const FILE = 'run-reason.json';

/** Why a guest runs or stands still: what QEMU itself does not remember. Numbers are libvirt's. */
export interface RunReason {
  /** Of this QEMU, and of none that comes after it. */
  readonly qemu: ProcessIdentity;
  /** virDomainState, for as long as it lasts. */
  readonly state: number;
  /** Of virDomainRunningReason or virDomainPausedReason. */
  readonly reason: number;
}

/** @throws ErrnoException */
export async function writeRunReason(folder: string, { qemu, state, reason }: RunReason): Promise<void> {
  const { pid, startTime } = qemu;
  await makePrivateFolder(folder);
  await writeDurably(join(folder, FILE), `${JSON.stringify({ qemu: { pid, startTime }, state, reason })}\n`);
}

/** @returns undefined if nothing is known, or of another QEMU only. */
export async function readRunReason(folder: string, pid: number): Promise<RunReason | undefined> {
  try {
    const found: RunReason = JSON.parse(await readFile(join(folder, FILE), 'utf8'));
    return found.qemu.pid === pid ? found : undefined;
  } catch {
    return undefined;
  }
}
