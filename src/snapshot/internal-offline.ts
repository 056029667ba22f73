import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { JournalRecord } from './journal.js';

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

/**
 * Looks at the images that were to take the snapshot themselves, of a guest whose QEMU is gone. Where not all of them
 * got it, it is taken out of those that did.
 * @returns whether the snapshot is in all of them; and what was done.
 */
export async function settleInternal({ internal, snapshot }: JournalRecord): Promise<{
  readonly whole: boolean;
  readonly actions: readonly string[];
}> {
  const tagged: JournalRecord['internal'][number][] = [];
  for (const part of internal) if (await holdsSnapshot(part.file, snapshot)) tagged.push(part);
  if (tagged.length === internal.length) return { whole: internal.length > 0, actions: [] };
  const actions: string[] = [];
  for (const { disk, file } of tagged) {
    await run('qemu-img', ['snapshot', '-q', '-d', snapshot, '--', file], { timeout: TIMEOUT_MS });
    actions.push(`removed snapshot '${snapshot}' from the image of disk '${disk}'`);
  }
  return { whole: false, actions };
}

async function holdsSnapshot(file: string, snapshot: string): Promise<boolean> {
  const { stdout } = await run('qemu-img', ['info', '--output=json', '--', file], { timeout: TIMEOUT_MS });
  const { snapshots } = JSON.parse(stdout) as { snapshots?: { name: string }[] };
  return snapshots?.some(({ name }) => name === snapshot) ?? false;
}
